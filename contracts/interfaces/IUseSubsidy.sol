// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Carrier} from "../libraries/Carriers.sol";
import {ICleanEnergy} from "./ICleanEnergy.sol";
import {IProgrammes} from "./IProgrammes.sol";
import {ShortSignature} from "./IReadings.sol";

/// @notice Why a slice is not counted, in the order in which that is looked for. NotRetired: nothing of it was retired for
/// the account's use. Elsewhere: it is of another carrier, or was made in another zone. SeveralSlots: nobody can tell in
/// which of its slots it was made. OtherMonth: its slot ended in another month. AlreadyCounted: what was retired of it was
/// counted before. NotWithdrawn: the account's meters took no more in its slot than was matched before.
enum UseRefusal {
    None,
    NotRetired,
    Elsewhere,
    SeveralSlots,
    OtherMonth,
    AlreadyCounted,
    NotWithdrawn
}

/// @notice What an account used cleanly in a month and what it is paid for that.
/// @param account under the name that it had when it was claimed
/// @param wh that match, or as they were corrected
/// @param paid uPT that are its, what it owed of earlier months included
struct UseClaim {
    address account;
    uint64 wh;
    uint64 paid;
}

/// @title Subsidies of those who use clean energy, by the month
/// @notice See IProgrammes. Who uses clean energy shows it by retiring slices for his use. Paid is what matches: Wh that were
/// made in a slot and retired for an account, as far as its own meters counted as many in the same slot. Each retired and
/// each withdrawn Wh counts once. An account is here whoever it was before: what was retired for a name that it took the
/// place of, counted at its meters, claimed or owed under it is its own. Nothing is held; see docs/settlement/subsidy.md.
interface IUseSubsidy is IProgrammes {
    event UseClaimed(
        uint16 indexed zone, Carrier carrier, uint16 indexed month, address indexed account, uint256 id, uint64 wh
    );
    event UseRefused(
        uint16 indexed zone,
        Carrier carrier,
        uint16 indexed month,
        address indexed account,
        uint256 id,
        UseRefusal refusal
    );
    event UsePaid(
        uint16 indexed zone,
        Carrier carrier,
        uint16 indexed month,
        address indexed account,
        address payee,
        uint64 amount,
        uint64 kept
    );
    event UseCorrected(
        uint16 indexed zone,
        Carrier carrier,
        uint16 indexed month,
        address indexed account,
        uint64 wh,
        uint64 owed,
        bytes32 evidence,
        address by
    );

    /// @notice Thrown when an account has got nothing in a programme, so that there is nothing to take back.
    error NothingPaid(address account);
    /// @notice Thrown when a correction of what an account used is not to less.
    error NotLessUse(address account, uint64 wh, uint64 corrected);

    // ------------------------------------------------------------------------------------------------- read only

    /// @notice EIP-712 type of {correct}, signed by attesters under the domain of Readings.
    function USE_CORRECTION_TYPEHASH() external view returns (bytes32);

    /// @notice Where slices are retired.
    function cleanEnergy() external view returns (ICleanEnergy);

    /// @notice The claims of a programme in the order in which they share its pot.
    function claimsOf(uint16 zone, Carrier carrier, uint16 month) external view returns (UseClaim[] memory);

    /// @notice Wh of a slice that were counted for an account.
    function countedOf(address account, uint256 id) external view returns (uint256);

    /// @notice Wh that an account's meters took in a slot and that are matched.
    function matchedOf(uint16 zone, Carrier carrier, uint40 slotStart, address account) external view returns (uint256);

    /// @notice uPT that the member behind an account was paid too much, and that his next payments are short of.
    function owedBy(address account) external view returns (uint64);

    // ----------------------------------------------------------------------------------------------------- anyone

    /// @notice Claims for what an account used in a month, as often as there is more to count. All of it is one claim. A slice
    /// that is refused does not stop the others; of one that matches in part the rest can be claimed when its meters are
    /// read further.
    /// @param account any name that it has or had
    /// @param ids of slices of which something was retired for it
    ///
    /// Emits {UseClaimed} or {UseRefused} for each.
    ///
    /// Requirements:
    /// - the programme exists, and it is the time of its claims; the account was admitted.
    function claim(uint16 zone, Carrier carrier, uint16 month, address account, uint256[] calldata ids) external;

    // ---------------------------------------------------------------------------------------------------- offices

    /// @notice Corrects what an account used in a month for which it was paid. It owes the difference.
    /// @param account under the name that it had when it was claimed
    ///
    /// Emits {UseCorrected}.
    ///
    /// Requirements:
    /// - the caller is an active regulator or operator, and enough attesters signed the UseCorrection;
    /// - the account was paid in this programme, and for more than `wh`.
    function correct(
        uint16 zone,
        Carrier carrier,
        uint16 month,
        address account,
        uint64 wh,
        bytes32 evidence,
        ShortSignature[] calldata signatures
    ) external;
}
