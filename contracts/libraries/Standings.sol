// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Where an account stands.
/// None: never admitted. Active, Suspended, Expelled: as its member. Replaced: lost or given up, and another account of
/// its member stands in its place. System: a contract or purse of the market, not a member.
enum Status {
    None,
    Active,
    Suspended,
    Expelled,
    Replaced,
    System
}

/// @notice All that is asked about an account, in one storage slot.
/// @param roles what the account may do now: its member's roles narrowed by its rights
/// @param certifiedUntil first second in which the member's certification has lapsed
/// @param status see Status
/// @param member id of the member, 0 for system accounts
/// @param owner id of the beneficial owner: members of one owner share it
/// @param rights the roles, and SPEND, that this account may use of its member's
/// @param predecessors how many accounts this one took the place of
struct Standing {
    uint32 roles;
    uint40 certifiedUntil;
    Status status;
    uint32 member;
    uint32 owner;
    uint32 rights;
    uint16 predecessors;
}

/// @title Questions about a standing, and the errors that answer them
/// @notice Shared by Membership, which owns the standings, and the Vault, which mirrors them.
library Standings {
    /// @notice Thrown when an account was never admitted.
    error NotMember(address account);
    /// @notice Thrown when an account is suspended, expelled or replaced.
    error NotActive(address account, Status status);
    /// @notice Thrown when the certification of an account's member has lapsed.
    error CertificationExpired(address account, uint40 certifiedUntil);
    /// @notice Thrown when an account holds none of the roles asked for.
    error MissingRole(address account, uint32 anyOf);

    /// @dev `anyOf` 0 asks for no role. System accounts are always active and have no role.
    function isActive(Status status, uint40 certifiedUntil, uint32 roles, uint32 anyOf) internal view returns (bool) {
        if (anyOf != 0 && roles & anyOf == 0) return false;
        return status == Status.System || (status == Status.Active && block.timestamp < certifiedUntil);
    }

    /// @dev The same question as isActive, answered with the error that says what is amiss.
    function requireActive(address account, Status status, uint40 certifiedUntil, uint32 roles, uint32 anyOf)
        internal
        view
    {
        require(status != Status.None, NotMember(account));
        if (status != Status.System) {
            require(status == Status.Active, NotActive(account, status));
            require(block.timestamp < certifiedUntil, CertificationExpired(account, certifiedUntil));
        }
        require(anyOf == 0 || roles & anyOf != 0, MissingRole(account, anyOf));
    }

    /// @dev Money owed is paid to whoever was ever admitted, whatever became of him; a replaced key is nobody's.
    function requirePayable(address account, Status status) internal pure {
        require(status != Status.None, NotMember(account));
        require(status != Status.Replaced, NotActive(account, status));
    }
}
