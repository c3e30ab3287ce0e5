// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What points are issued for
library Reasons {
    uint16 internal constant REGISTRATION = 1;
    uint16 internal constant CLEAN_TRADE = 2;
    uint16 internal constant COMPUTATION = 3;
    uint16 internal constant BOOKKEEPING = 4;
}
