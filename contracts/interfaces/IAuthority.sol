// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMembership} from "./IMembership.sol";

/// @title What the authority adds to OpenZeppelin's timelock
interface IAuthority {
    event MembershipSet(IMembership indexed membership);

    /// @notice Thrown when anything else than the constitution is scheduled before the constitution was carried out.
    error NotFounded();
    /// @notice Thrown when the membership is set by anybody but the authority itself, or a second time.
    error MembershipNotSettable(address caller);

    /// @notice The operation that founded the market, the only one that ever went without a delay; 0 before it is
    /// scheduled.
    function constitution() external view returns (bytes32);

    /// @notice The members' book, which knows the regulators; zero before the constitution was carried out.
    function membership() external view returns (IMembership);

    /// @notice Tells the authority where the members' book is, once.
    ///
    /// Emits {MembershipSet}.
    ///
    /// Requirements:
    /// - the caller is the authority itself;
    /// - no membership is set.
    function setMembership(IMembership membership_) external;
}
