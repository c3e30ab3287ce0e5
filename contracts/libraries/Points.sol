// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A point by its coordinates.
struct Point {
    uint256 x;
    uint256 y;
}

/// @title Points of secp256k1, as far as a chain reckons with them
/// @notice The precompile that recovers signers multiplies: it gives the Ethereum address of u*P + w*G for a point P of which
/// only x and the parity of y are needed. So a product is known by its address; where its coordinates matter they are given,
/// and checked against that.
library Points {
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant FIELD = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

    /// @dev The address of u*P + w*G for the point P with this x and an even or odd y; zero when there is none.
    function combined(uint256 x, bool odd, uint256 u, uint256 w) internal pure returns (address) {
        bytes32 hash = bytes32((ORDER - mulmod(w, x, ORDER)) % ORDER);
        return ecrecover(hash, odd ? 28 : 27, bytes32(x), bytes32(mulmod(u, x, ORDER)));
    }

    /// @dev The address of u*P, zero when P is no point.
    function multiplied(uint256 x, bool odd, uint256 u) internal pure returns (address) {
        return combined(x, odd, u, 0);
    }

    function addressOf(Point memory p) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(p.x, p.y)))));
    }

    function isOdd(Point memory p) internal pure returns (bool) {
        return p.y & 1 == 1;
    }

    function isOnCurve(Point memory p) internal pure returns (bool) {
        if (p.x >= FIELD || p.y >= FIELD) return false;
        return mulmod(p.y, p.y, FIELD) == addmod(mulmod(p.x, mulmod(p.x, p.x, FIELD), FIELD), 7, FIELD);
    }

    /// @dev p - q, which must not have the same x.
    function minus(Point memory p, Point memory q) internal view returns (Point memory sum) {
        uint256 rise = addmod(p.y, q.y, FIELD);
        uint256 run = addmod(p.x, FIELD - q.x, FIELD);
        uint256 slope = mulmod(rise, _inverse(run), FIELD);
        sum.x = addmod(mulmod(slope, slope, FIELD), addmod(FIELD - p.x, FIELD - q.x, FIELD), FIELD);
        sum.y = addmod(mulmod(slope, addmod(p.x, FIELD - sum.x, FIELD), FIELD), FIELD - p.y, FIELD);
    }

    function _inverse(uint256 value) private view returns (uint256) {
        return Math.modExp(value, FIELD - 2, FIELD);
    }
}
