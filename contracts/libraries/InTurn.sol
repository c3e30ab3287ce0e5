// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ICleanEnergy} from "../interfaces/ICleanEnergy.sol";
import {Lists} from "./Lists.sol";
import {Slices} from "./Slices.sol";

/// @title Slices that are used up one after the other
/// @notice What a certificate is made of and what goes into a battery: just so many Wh of one carrier, the last
/// slice in part.
library InTurn {
    /// @notice More than what one certificate is made of could not be given back in one transaction.
    uint256 internal constant MOST = 256;

    /// @notice So many Wh in the sequence of the list.
    /// @return used the slices that are needed
    /// @return taken what of each
    /// @return expires when the first of them does
    function take(uint256[] calldata ids, uint256[] calldata amounts, uint256 wh)
        internal
        view
        returns (uint256[] memory used, uint256[] memory taken, uint256 expires)
    {
        require(ids.length == amounts.length, IERC1155Errors.ERC1155InvalidArrayLength(ids.length, amounts.length));
        require(ids.length <= MOST, ICleanEnergy.TooManySlices(ids.length, MOST));
        (used, taken) = (new uint256[](ids.length), new uint256[](ids.length));
        expires = type(uint40).max;
        (uint256 missing, uint256 count, uint8 carrier) = (wh, 0, 0);
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 part = Lists.given(amounts, i);
            if (part > missing) part = missing;
            if (part == 0) continue;
            uint256 id = Lists.given(ids, i);
            if (count == 0) carrier = Slices.carrier(id);
            require(Slices.carrier(id) == carrier, ICleanEnergy.OtherCarrier(id));
            uint256 end = Slices.expires(id);
            require(block.timestamp < end, ICleanEnergy.CertificateExpired(id, end));
            if (end < expires) expires = end;
            Lists.put(used, count, id);
            Lists.put(taken, count, part);
            missing -= part;
            ++count;
        }
        require(missing == 0, ICleanEnergy.TooFewWh(wh - missing, wh));
        Lists.cut(used, count);
        Lists.cut(taken, count);
    }
}
