// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Energy that one account draws of one device, or gives back, in 32 bytes
/// @notice From the low end: holder 160, Wh 40, device 32. Zero stands for nothing.
library Draws {
    function pack(address holder_, uint32 device_, uint40 wh_) internal pure returns (uint256) {
        return uint256(uint160(holder_)) | uint256(wh_) << 160 | uint256(device_) << 200;
    }

    /// @dev A list of one.
    function only(address holder_, uint32 device_, uint40 wh_) internal pure returns (uint256[] memory draws) {
        draws = new uint256[](1);
        draws[0] = pack(holder_, device_, wh_);
    }

    function holder(uint256 draw) internal pure returns (address) {
        return address(uint160(draw));
    }

    function wh(uint256 draw) internal pure returns (uint256) {
        return uint40(draw >> 160);
    }

    function device(uint256 draw) internal pure returns (uint32) {
        return uint32(draw >> 200);
    }
}
