"""Texts that a page which escapes too little would carry out; each would set `window.__xss`."""

DO = "window.__xss=1"
EVENTS = (
    "<img src=x onerror={0}>",
    "<svg onload={0}>",
    "<svg/onload={0}>",
    "<body onload={0}>",
    "<input autofocus onfocus={0}>",
    "<details open ontoggle={0}>",
    "<video><source onerror={0}></video>",
    "<audio src=x onerror={0}>",
    "<select autofocus onfocus={0}>",
    "<textarea autofocus onfocus={0}>",
    "<iframe onload={0}>",
    "<object data=x onerror={0}>",
    "<marquee onstart={0}>",
    "<div onpointerover={0} style=position:fixed;inset:0>",
    "<a href=# autofocus onfocus={0}>a</a>",
    "<style onload={0}></style>",
    "<img src=x onerror={0}//",
    "<IMG SRC=x OnErRoR={0}>",
    "<img/src/onerror={0}>",
    "<svg><animate onbegin={0} attributeName=x dur=1s>",
)
SCRIPTS = (
    "<script>{0}</script>",
    "<SCRIPT>{0}</SCRIPT>",
    "<script src=data:,{0}></script>",
    "<script type=module>{0}</script>",
    "<svg><script>{0}</script></svg>",
    "<svg><script xlink:href=data:,{0} /></svg>",
    "<math><mtext><script>{0}</script></mtext></math>",
    "<iframe srcdoc='<script>parent.{0}</script>'>",
    "<template><script>{0}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={0}>'>",
)
BREAKING_OUT = (
    '"><script>{0}</script>',
    "'><script>{0}</script>",
    "</script><script>{0}</script>",
    "</textarea><script>{0}</script>",
    "</title><script>{0}</script>",
    "</style><script>{0}</script>",
    "--><script>{0}</script>",
    "]]><script>{0}</script>",
    '" onfocus={0} autofocus x="',
    "' onfocus={0} autofocus x='",
    '" onmouseover="{0}" x="',
    "` onfocus={0} autofocus x=`",
    "</svg><img src=x onerror={0}>",
    '</option></select><img src=x onerror="{0}">',
    "</pre><img src=x onerror={0}>",
)
ADDRESSES = (
    "javascript:{0}",
    "JaVaScRiPt:{0}",
    "java\tscript:{0}",
    "data:text/html,<script>opener.{0}</script>",
    "<a href=javascript:{0} id=xss>a</a>",
    "<base href=javascript:{0}//>",
    "<form action=javascript:{0}><button>a</button></form>",
    "<meta http-equiv=refresh content=0;url=javascript:{0}>",
)
CODES = (
    "{{{{constructor.constructor('{0}')()}}}}",
    "${{{0}}}",
    "<%={0}%>",
    "\\u003cimg src=x onerror={0}\\u003e",
    "&lt;img src=x onerror={0}&gt;",
    "&#60;img src=x onerror={0}&#62;",
    "<div hx-get=/ hx-trigger=load hx-on:htmx:load={0}>",
)
PAYLOADS = [text.format(DO) for text in (*EVENTS, *SCRIPTS, *BREAKING_OUT, *ADDRESSES, *CODES)]
