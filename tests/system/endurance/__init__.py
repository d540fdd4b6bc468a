"""A long run at many times real speed, with faults at random: what must stay flat, and counts that must add up."""
