"""What a process held is its own."""

import multiprocessing

from wattbook.bench.processes import memory_peak


def test_a_peak_is_not_that_of_who_began_it():
    held = b"1" * 200_000_000
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        other = pool.apply(memory_peak)
    assert 0 < other < memory_peak() - len(held) // 2_000
