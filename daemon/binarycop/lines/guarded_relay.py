"""The relay with its heartbeat and its own contact: switched, checked, and kept off once it has not followed."""

from collections.abc import Callable

from binarycop.lines.checked_output import CheckedOutput, word
from binarycop.lines.output_check import LATE_S, FeedbackCheck

_RENEW_S = 1.0


class GuardedRelay:
    """Switches the relay's coil once in each step of the loop, and toggles the heartbeat.

    feedback: whether the relay's own contact says that the coil is energised; None if the lane has no such line.
    feedback_name: for messages. has_on_limit: the dead-man timer has a maximum on-time. Raises LineError, as the lines
    do.
    """

    def __init__(
        self,
        relay: CheckedOutput,
        heartbeat: CheckedOutput | None,
        feedback: Callable[[], bool] | None,
        feedback_name: str,
        *,
        has_on_limit: bool,
    ) -> None:
        self._relay, self._heartbeat = relay, heartbeat
        self._feedback, self._feedback_name, self._feedback_check = feedback, feedback_name, FeedbackCheck()
        self._has_on_limit = has_on_limit
        self._fault: str | None = None
        self._driven_s: float | None = None
        self._on_since_s, self._is_renewal_due = 0.0, False

    @property
    def is_on(self) -> bool:
        """Whether the relay's line reads on."""
        return self._relay.read()

    @property
    def fault(self) -> str | None:
        """Why the relay is faulty, in words; None if it has followed every command. A fault never ends."""
        return self._fault

    def drive(self, on: bool, now_s: float, *, renews: bool) -> None:
        """Check that the lines have followed the last drive; then switch the relay, and toggle the heartbeat.

        renews: the maximum on-time starts again. After a fault the relay is off, and the heartbeat stops.
        """
        is_late = self._driven_s is None or now_s - self._driven_s >= LATE_S
        read = self._relay.read()
        self._fault = self._fault or self._find_fault(read, now_s, is_late=is_late)
        self._driven_s = now_s
        if self._fault is not None:
            self._switch(False, read, now_s)
            return
        if not on:
            self._switch(False, read, now_s)
        if self._heartbeat is not None:
            # Only the gate's own step toggles it: another thread could continue while the gate hangs.
            self._heartbeat.write(not self._heartbeat.read())
        if on:
            # After the heartbeat, as the timer accepts only a permission that is set while the heartbeat is fresh.
            self._is_renewal_due |= renews
            if self._needs_new_edge(read, now_s, is_late=is_late):
                self._relay.write(False)
            self._switch(True, read, now_s)

    def switch_off(self) -> None:
        """Command the relay off, without any check."""
        self._relay.write(False)

    def _find_fault(self, read: bool, now_s: float, *, is_late: bool) -> str | None:
        relay = self._relay
        # A pause excuses only what the timer does in it: it ends a permission.
        may_have_expired = is_late and self._heartbeat is not None and relay.commanded
        faults = [relay.fault(read, is_late=may_have_expired)]
        if self._heartbeat is not None:
            faults.append(self._heartbeat.fault(self._heartbeat.read()))
        if self._feedback is not None:
            reported = self._feedback()
            if self._driven_s is None or may_have_expired:
                self._feedback_check.restart(now_s)
            elif self._feedback_check.has_failed(relay.commanded, reported, now_s):
                words = f"the relay was switched {word(relay.commanded)}, and its contact says {word(reported)}"
                faults.append(f"{self._feedback_name}: {words}")
        return next((fault for fault in faults if fault), None)

    def _needs_new_edge(self, read: bool, now_s: float, *, is_late: bool) -> bool:
        """Whether a relay that is on must be switched off and at once on again, which only the timer detects.

        That is so if the timer has ended the permission in a pause, and if its maximum on-time must start again.
        """
        if not self._relay.commanded:
            return False
        if not read and is_late and self._heartbeat is not None:
            return True
        return self._has_on_limit and self._is_renewal_due and now_s - self._on_since_s >= _RENEW_S

    def _switch(self, level: bool, read: bool, now_s: float) -> None:
        before = self._relay.commanded
        self._relay.set(level, read)
        if level != before:
            self._feedback_check.restart(now_s)
            self._on_since_s, self._is_renewal_due = now_s, False
