"""What more than one file of tests here needs."""

from tests.scenario.small import listed as listed
