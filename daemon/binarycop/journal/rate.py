"""Limits on how much is written. The time is handed in, in seconds of a monotonic clock."""

from collections import OrderedDict


class TokenBucket:
    """Holds at most ``most`` tokens and gets ``per_s`` new ones each second; it starts full."""

    def __init__(self, most: float, per_s: float, now_s: float) -> None:
        self._most, self._per_s = most, per_s
        self._tokens, self._at_s = most, now_s

    def take(self, count: float, now_s: float) -> bool:
        """Take so many tokens; False, and none is taken, if there are fewer."""
        self._tokens = min(self._most, self._tokens + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = max(self._at_s, now_s)
        if self._tokens < count:
            return False
        self._tokens -= count
        return True


class NewTexts:
    """Limits new texts by their bytes. A text that is among the last ``remembered`` ones costs nothing.

    Names of gates, bundles and causes recur; a text that does not recur can carry data out.
    """

    def __init__(self, bucket: TokenBucket, remembered: int) -> None:
        self._bucket, self._remembered = bucket, remembered
        self._texts: OrderedDict[str, None] = OrderedDict()

    def admit(self, text: str, now_s: float) -> bool:
        """Whether the text may be written now."""
        if text in self._texts:
            self._texts.move_to_end(text)
            return True
        if not self._bucket.take(len(text.encode()), now_s):
            return False
        self._texts[text] = None
        if len(self._texts) > self._remembered:
            self._texts.popitem(last=False)
        return True
