// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IBookkeeping} from "./IBookkeeping.sol";
import {ISeats} from "./ISeats.sol";

/// @title Who keeps the books
/// @notice Whom members elect (IElections) take the validators' seats one by one (ISeats) and earn points with the
/// blocks that they propose (IBookkeeping). A delegate is the address of his node's key, which is an account of his member.
interface IDelegates is ISeats, IBookkeeping {}
