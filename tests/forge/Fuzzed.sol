// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What forge does for tests, as far as it is used here.
interface ICheats {
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function prank(address sender) external;
    function readFile(string calldata path) external view returns (string memory);
    function warp(uint256 time) external;
}

/// @title What all that is fuzzed here needs
/// @notice Libraries are compiled with the test. Contracts are those that ship: their code is read from
/// .build/contracts.
abstract contract Fuzzed {
    ICheats internal constant CHEATS = ICheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev A contract as it ships.
    function _create(string memory name, bytes memory arguments) internal returns (address created) {
        string memory artifact = CHEATS.readFile(string.concat(".build/contracts/", name, ".json"));
        bytes memory code = bytes.concat(CHEATS.parseJsonBytes(artifact, ".bytecode"), arguments);
        assembly ("memory-safe") {
            created := create(0, add(code, 32), mload(code))
        }
        require(created != address(0), name);
    }

    /// @dev A number from `least` to `most`, each as likely as the others.
    function _within(uint256 drawn, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + drawn % (most - least + 1);
    }

    /// @dev The next of a row of numbers that follow from a seed.
    function _draw(uint256 seed, uint256 place) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, place)));
    }

    function _least(uint256 one, uint256 other) internal pure returns (uint256) {
        return one < other ? one : other;
    }
}
