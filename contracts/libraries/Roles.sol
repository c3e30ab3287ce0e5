// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title The roles a member can hold, one bit each
/// @notice A role set is the bitwise or of these; "any of" questions pass such a set. Bits not named here are invalid.
library Roles {
    // Market roles: what a certified member does in the market. A registrar may grant them.
    uint32 internal constant PRODUCER = 1 << 0;
    uint32 internal constant PROSUMER = 1 << 1;
    uint32 internal constant CONSUMER = 1 << 2;
    uint32 internal constant GRID = 1 << 3;
    uint32 internal constant STORAGE = 1 << 4;
    uint32 internal constant CHARGING = 1 << 5;
    uint32 internal constant INVESTOR = 1 << 6;

    // Offices: powers over others. Only the authority, behind its delay, may grant them.
    uint32 internal constant REGISTRAR = 1 << 16;
    uint32 internal constant REGULATOR = 1 << 17;
    uint32 internal constant ISSUER = 1 << 18;
    uint32 internal constant OPERATOR = 1 << 19;
    uint32 internal constant ATTESTER = 1 << 20;

    /// Not a role of a member but a right of one of his accounts: to send money anywhere but to his first account.
    uint32 internal constant SPEND = 1 << 31;

    uint32 internal constant MARKET = PRODUCER | PROSUMER | CONSUMER | GRID | STORAGE | CHARGING | INVESTOR;
    uint32 internal constant OFFICES = REGISTRAR | REGULATOR | ISSUER | OPERATOR | ATTESTER;
}
