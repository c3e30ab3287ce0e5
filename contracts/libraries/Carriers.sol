// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What is traded, measured in Wh whatever it is. Each carrier of a zone has slots, facts and books of its own.
enum Carrier {
    Electricity,
    Cooling,
    Heating,
    HotWater,
    Gas,
    Flexibility
}
