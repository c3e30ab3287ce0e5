// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {IReadings, ShortSignature} from "./IReadings.sol";

/// @notice How a provider failed. Poor: he supplied on fewer than nine days of ten. Gone: on none.
enum Failure {
    None,
    Poor,
    Gone
}

/// @notice On how many days a provider supplied.
/// @param provider an account of the member that sells the energy
/// @param zone number of the zone
/// @param carrier what is sold
/// @param since first second, the beginning of a day in UTC
/// @param until first second after it, too
/// @param suppliedDays days on which all customers could take what they needed
struct Supply {
    address provider;
    uint16 zone;
    Carrier carrier;
    uint40 since;
    uint40 until;
    uint16 suppliedDays;
}

/// @title Which providers failed
/// @notice No contract can see whether a house is warm: attesters say so together, of whole days. The newest report counts.
interface ISupplyReports {
    event SupplyReported(
        address indexed provider, uint16 indexed zone, Carrier indexed carrier, Supply supply, Failure failure
    );

    /// @notice Thrown when a report is not of whole days that are over, of too few, or tells of more days than it has.
    error InvalidReport(uint40 since, uint40 until, uint16 suppliedDays);
    /// @notice Thrown when a report ends no later than one that is known.
    error NotNewer(uint40 until, uint40 known);

    /// @notice EIP-712 type of a report, under the domain of Readings.
    function SUPPLY_TYPEHASH() external view returns (bytes32);

    /// @notice Days without supply after which a provider is gone; no report is of fewer.
    function GONE_DAYS() external view returns (uint256);

    /// @notice Days that a report needs to find supply poor.
    function POOR_DAYS() external view returns (uint256);

    /// @notice Seconds from its end in which a report counts.
    function HOLDS() external view returns (uint40);

    /// @notice Whose word counts.
    function readings() external view returns (IReadings);

    /// @notice Whether a provider failed, under whatever account, as far as a report that counts tells.
    function failureOf(address provider, uint16 zone, Carrier carrier) external view returns (Failure);

    /// @notice Takes a report.
    ///
    /// Emits {SupplyReported}.
    ///
    /// Requirements:
    /// - enough attesters signed it; it is of a member, of {GONE_DAYS} at least, all over, and newer than the one
    ///   before.
    function report(Supply calldata supply, ShortSignature[] calldata signatures) external;
}
