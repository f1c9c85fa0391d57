"""Write a number as lists number: in letters, Roman or Chinese numerals. Pure."""

_ROMAN = ((100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
_HAN = "零一二三四五六七八九十"


def letters(number: int) -> str:
    """Write 1 as "a", 26 as "z", 27 as "aa", as Word and HTML count."""
    repeated, place = divmod(number - 1, 26)
    return chr(ord("a") + place) * (repeated + 1)


def roman(number: int) -> str:
    """Write a number below 400 in small Roman numerals."""
    written = ""
    for value, numeral in _ROMAN:
        times, number = divmod(number, value)
        written += numeral * times
    return written


def han(number: int) -> str:
    """Write a number below 100 in Chinese numerals: 12 as "十二"."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_HAN[tens]}十"
    return f"{head}{_HAN[ones]}" if ones or not tens else head
