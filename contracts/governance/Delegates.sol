// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governed} from "../access/Governed.sol";
import {IDelegates} from "../interfaces/IDelegates.sol";
import {IElections} from "../interfaces/IElections.sol";
import {IValidatorSet} from "../interfaces/IValidatorSet.sol";
import {Bookkeeping} from "./Bookkeeping.sol";
import {Seats} from "./Seats.sol";

/// @title Who keeps the books
/// @notice See IDelegates. Seats and Bookkeeping are its layers.
contract Delegates is Bookkeeping, IDelegates {
    constructor(IElections elections_, IValidatorSet validatorSet_, address authority_)
        Governed(authority_)
        Seats(elections_, validatorSet_)
    {}
}
