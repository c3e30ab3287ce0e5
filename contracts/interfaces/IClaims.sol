// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Certificates that are claimed for good
/// @notice The half of ERC-1888 that is about claims, for wallets and registers that know it. A topic is the number of the
/// device that made the energy.
interface IClaims {
    event ClaimSingle(
        address indexed claimIssuer,
        address indexed claimSubject,
        uint256 indexed topic,
        uint256 id,
        uint256 value,
        bytes claimData
    );

    /// @notice What was claimed for an account of an id.
    function claimedBalanceOf(address account, uint256 id) external view returns (uint256);

    /// @notice {claimedBalanceOf} for many.
    function claimedBalanceOfBatch(address[] calldata accounts, uint256[] calldata ids)
        external
        view
        returns (uint256[] memory);

    /// @notice Takes from an account and claims for another in one step. Nothing arrives that could be handed on, so the
    /// receiver is not called.
    /// @param data not used
    /// @param claimData the ABI encoding of what it is for (string), and of start and end of the time in which as much was
    /// used (uint40 each)
    ///
    /// Emits what retiring emits.
    ///
    /// Requirements:
    /// - the caller is `from` or approved by it; otherwise those of retiring for `from`.
    function safeTransferAndClaimFrom(
        address from,
        address to,
        uint256 id,
        uint256 value,
        bytes calldata data,
        bytes calldata claimData
    ) external;
}
