// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Description, Device, IMeters} from "../interfaces/IMeters.sol";
import {ISuppliers} from "../interfaces/ISuppliers.sol";
import {Carrier} from "../libraries/Carriers.sol";
import {Counts} from "../libraries/Counts.sol";

/// @title How many devices must be read
/// @notice The first of the two layers of Meters. Of accounts that ever supplied devices of others there is a mark where their own
/// are counted, so that of the rest nothing else is asked.
abstract contract DeviceCounts is IMeters {
    using Counts for Counts.History;

    /// @inheritdoc IMeters
    ISuppliers public suppliers;

    mapping(address account => mapping(uint256 zoneAndCarrier => Counts.History)) private _counts;

    /// @inheritdoc IMeters
    function countsAt(address[] calldata accounts, uint16 zone, Carrier carrier, uint40 time)
        external
        view
        returns (uint256[] memory counts)
    {
        uint256 place = _placeOf(zone, carrier);
        counts = new uint256[](accounts.length);
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = accounts[i];
            (uint256 count, bool supplies) = _counts[account][place].at(time);
            counts[i] = supplies ? count + suppliers.suppliedAt(account, zone, carrier, time) : count;
        }
    }

    // ------------------------------------------------------------------------------------------------------ inside

    /// @dev One device more, or one less, of those that must be read; one that was never certified need not.
    function _count(Device storage d, int256 change) internal {
        if (d.certifier == 0) return;
        Counts.History storage counts = _countsOf(d.owner, d.description);
        counts.change(block.timestamp, uint256(int256(counts.current()) + change));
    }

    function _markSupplied(Device storage d, address provider) internal {
        d.supplied = true;
        _countsOf(provider, d.description).mark();
    }

    function _countsOf(address account, Description storage its) private view returns (Counts.History storage) {
        return _counts[account][_placeOf(its.zone, its.carrier)];
    }

    function _placeOf(uint16 zone, Carrier carrier) private pure returns (uint256) {
        return uint256(zone) << 8 | uint256(carrier);
    }
}
