// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A contract that remembers who was found to be an attester, so that it need not ask Membership each time
interface IAttesterWatch {
    event SignersForgotten(uint40 generation);

    /// @notice Thrown when somebody else than Membership says that an attester's standing changed.
    error NotMembership(address caller);

    /// @notice Forgets whom it found to be attesters: the standing of one changed.
    ///
    /// Emits {SignersForgotten}.
    ///
    /// Requirements:
    /// - the caller is Membership.
    function forgetSigners() external;
}
