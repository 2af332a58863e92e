package phone

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// drawn parses what Draw returns, as a browser would.
func drawn(t *testing.T, msg string) (*html.Node, string) {
	t.Helper()
	out := string(Draw([]byte(msg), "值班 ops"))
	root, err := html.Parse(strings.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	return root, out
}

// elements calls visit with each element below n.
func elements(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		elements(c, visit)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// shown is what a reader sees of n.
func shown(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(shown(c))
	}
	return b.String()
}

// seen are the texts of the elements with a class, and where links lead.
func seen(root *html.Node) map[string][]string {
	out := map[string][]string{}
	elements(root, func(n *html.Node) {
		if n.Data == "a" {
			out["a"] = append(out["a"], attr(n, "href")+" "+strings.TrimSpace(shown(n)))
		}
		if n.Data == "rect" && attr(n, "fill") != "" {
			out["fill"] = append(out["fill"], attr(n, "fill"))
		}
		for _, class := range append(strings.Fields(attr(n, "class")), n.Data) {
			if n.Data != "a" || class != "a" {
				out[class] = append(out[class], strings.TrimSpace(shown(n)))
			}
		}
	})
	return out
}

// TestEachType draws each msgtype and says what of it is seen where.
func TestEachType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		msg  string
		want map[string]string // by class or element, joined by "|"; "-" is none
	}{
		"text": {`{"msgtype":"text","text":{"content":"月会 🔔\n<b>x</b> https://a.example/?a=1&b=2，见"}}`,
			map[string]string{"ph-bubble": "月会 🔔\n<b>x</b> https://a.example/?a=1&b=2，见", "a": "https://a.example/?a=1&b=2 https://a.example/?a=1&b=2", "b": "-"}},
		"markdown": {`{"msgtype":"markdown","markdown":{"title":"no","text":"# 一\n###### 六\n> 引 **粗** *斜*\n\n- a\n- b\n\n3. c\n\n[链](https://a.example/x) ![图](https://a.example/p.png) 空&nbsp;格"}}`,
			map[string]string{"h1": "一", "h6": "六", "blockquote": "引 粗 斜", "strong": "粗", "em": "斜", "ul": "a\nb", "ol": "c", "a": "https://a.example/x 链", "ph-hole": "图", "img": "-"}},
		"what is no markdown of DingTalk's": {"{\"msgtype\":\"markdown\",\"markdown\":{\"title\":\"t\",\"text\":\"`x` ~~y~~ <u>z</u>\\n\\n| a |\\n|---|\\n\\n---\"}}",
			map[string]string{"code": "-", "del": "-", "u": "-", "table": "-", "hr": "-"}},
		"action card, single": {`{"msgtype":"action_card","action_card":{"title":"t","markdown":"**x**","single_title":"查看","single_url":"https://a.example/1"}}`,
			map[string]string{"strong": "x", "ph-button": "查看", "a": "https://a.example/1 查看", "ph-across": "-"}},
		"action card, across": {`{"msgtype":"action_card","action_card":{"title":"t","markdown":"x","btn_orientation":"1","btn_json_list":[{"title":"同意","action_url":"https://a.example/1"},{"title":"拒绝","action_url":"dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fa.example%2F2&pc_slide=false"}]}}`,
			map[string]string{"ph-across": "同意拒绝", "ph-button": "同意|拒绝", "a": "https://a.example/1 同意|https://a.example/2 拒绝"}},
		"action card, down": {`{"msgtype":"action_card","action_card":{"title":"t","markdown":"x","btn_orientation":"0","btn_json_list":[{"title":"a","action_url":"eapp://page"}]}}`,
			map[string]string{"ph-button": "a", "a": "-", "ph-across": "-"}},
		"oa": {`{"msgtype":"oa","oa":{"message_url":"https://a.example","head":{"bgcolor":"FFF65E5E","text":"no"},"status_bar":{"status_value":"进行中","status_bg":"0xFFFF9D46"},
			"body":{"title":"报销","form":[{"key":"1:","value":"一"},{"key":"2","value":"2"},{"key":"3","value":"3"},{"key":"4","value":"4"},{"key":"5","value":"5"},{"key":"6","value":"6"},{"key":"7","value":"7"}],
			"rich":{"num":"15.6","unit":"元"},"content":"大段","image":"@x","file_count":"3","author":"李四 "}}}`,
			map[string]string{"ph-head": "值班 ops", "ph-title": "报销", "dt": "1:|2|3|4|5|6", "dd": "一|2|3|4|5|6", "ph-rich": "15.6 元", "ph-clamp": "大段", "ph-photo": "",
				"ph-foot": "3 attached李四", "ph-status": "进行中", "fill": "#F65E5E|#FF9D46", "ph-open": "值班 ops"}},
		"oa, bare": {`{"msgtype":"oa","oa":{"message_url":"","head":{"bgcolor":"","text":"x"},"body":{}}}`,
			map[string]string{"ph-head": "值班 ops", "fill": "#BBBBBB", "a": "-", "ph-status": "-", "ph-form": "-", "ph-rich": "-", "ph-foot": "-"}},
		"link":  {`{"msgtype":"link","link":{"messageUrl":"https://a.example","picUrl":"@x","title":"周报","text":"<i>37</i>"}}`, map[string]string{"ph-title": "周报", "ph-clamp": "<i>37</i>", "a": "https://a.example 周报<i>37</i>", "i": "-", "img": "-"}},
		"image": {`{"msgtype":"image","image":{"media_id":"@x"}}`, map[string]string{"ph-photo": "", "img": "-"}},
		"voice": {`{"msgtype":"voice","voice":{"media_id":"@x","duration":"10"}}`, map[string]string{"ph-voice": "Voice, 10″"}},
		"file":  {`{"msgtype":"file","file":{"media_id":"@lAz"}}`, map[string]string{"ph-title": "File", "ph-foot": "@lAz"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, out := drawn(t, c.msg)
			got := seen(root)
			delete(got, "ph-open")
			for class, want := range c.want {
				if class == "ph-open" {
					continue
				}
				texts, is := got[class]
				if s := strings.Join(texts, "|"); s != want && (want != "-" || is) {
					t.Errorf("%s is %q, not %q in\n%s", class, s, want, out)
				}
			}
		})
	}
}

// hostile are texts that would do harm on a careless page.
var hostile = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `<iframe src="javascript:alert(1)">`,
	`[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, `[x](data:text/html,<script>alert(1)</script>)`, `[x](vbscript:x)`,
	`[x](<javascript:alert(1)>)`, "[x](java\tscript:alert(1))", `[x](&#106;avascript:alert(1))`, `[x](//evil.example)`, `[x](/relative)`, `[x](file:///etc/passwd)`,
	`![x](data:image/svg+xml;base64,PHN2Zz4=)`, `![x](https://evil.example/track.png)`, `![x" onerror="alert(1)](y)`, `![<script>](x)`,
	`[x](https://a.example/" onclick="alert(1))`, `[x](https://a.example "onmouseover=alert(1)")`, `<https://a.example>`, `[x]: javascript:alert(1)` + "\n\n[x]",
	`javascript:alert(1)`, `javascript://a.example/%0aalert(1)`, `[x](javascript://a.example/%0aalert(1))`, `https://a.example/"onclick="alert(1)`, `dingtalk://dingtalkclient/page/link?url=javascript:alert(1)`,
	`dingtalk://x/?url=dingtalk%3A%2F%2Fx%2F%3Furl%3Ddingtalk%253A%252F%252Fx%252F%253Furl%253Djavascript%253A1`,
	`<style>*{display:none}</style>`, `<base href=//evil.example>`, `<meta http-equiv=refresh content=0>`, `<form action=//evil.example><input>`,
	`{{.}}`, "\u202e\u2066gnp.exe", "\x00\x01", strings.Repeat("[", 500), strings.Repeat("> ", 500), strings.Repeat("*", 999), strings.Repeat("- ", 500), "FFFFFFFF\" onload=\"x",
	`</div></div></main>`, `<!--`, `]]>`, `&lt;script&gt;`,
}

// allowed are the elements and attributes that a drawing may hold.
var (
	allowedElements = regexp.MustCompile(`^(html|head|body|div|span|p|br|h[1-6]|blockquote|strong|em|ul|ol|li|a|dl|dt|dd|b|code|svg|rect|circle|path)$`)
	allowedAttrs    = regexp.MustCompile(`^(class|href|target|rel|role|aria-label|aria-hidden|title|start|viewbox|preserveaspectratio|focusable|width|height|rx|x|y|cx|cy|r|d|fill)$`)
	fillValue       = regexp.MustCompile(`^#[0-9A-F]{6}$`)
	linkValue       = regexp.MustCompile(`^https?://[^/]`)
)

// harmless holds a drawing against what it may consist of.
func harmless(t *testing.T, msg string) {
	t.Helper()
	root, out := drawn(t, msg)
	elements(root, func(n *html.Node) {
		if !allowedElements.MatchString(n.Data) {
			t.Errorf("<%s> in %s\nof %s", n.Data, out, msg)
		}
		for _, a := range n.Attr {
			key := strings.ToLower(a.Key)
			switch {
			case !allowedAttrs.MatchString(key):
				t.Errorf("%s=%q in %s\nof %s", a.Key, a.Val, out, msg)
			case key == "fill" && !fillValue.MatchString(a.Val), key == "href" && !linkValue.MatchString(a.Val):
				t.Errorf("%s is %q of %s", a.Key, a.Val, msg)
			case key == "href" && (attr(n, "target") != "_blank" || !strings.Contains(attr(n, "rel"), "noopener") || !strings.Contains(attr(n, "rel"), "noreferrer")):
				t.Errorf("%s opens in the page's own window, or tells where it comes from", a.Val)
			}
		}
	})
	if !balanced(out) {
		t.Errorf("it closes what it did not open, or leaves open: %s\nof %s", out, msg)
	}
}

// balanced says whether markup closes every element that it opens, and no
// other: what it is put into stays whole.
func balanced(markup string) bool {
	var open []string
	z := html.NewTokenizer(strings.NewReader(markup))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return len(open) == 0
		case html.StartTagToken:
			if name, _ := z.TagName(); string(name) != "br" {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return false
			}
			open = open[:len(open)-1]
		}
	}
}

// everywhere are messages of each type with a text in each field.
func everywhere(text string) []string {
	q := quote(text)
	return []string{
		`{"msgtype":"text","text":{"content":` + q + `}}`,
		`{"msgtype":"markdown","markdown":{"title":` + q + `,"text":` + q + `}}`,
		`{"msgtype":"action_card","action_card":{"title":` + q + `,"markdown":` + q + `,"single_title":` + q + `,"single_url":` + q + `}}`,
		`{"msgtype":"action_card","action_card":{"title":` + q + `,"markdown":"x","btn_orientation":` + q + `,"btn_json_list":[{"title":` + q + `,"action_url":` + q + `}]}}`,
		`{"msgtype":"link","link":{"messageUrl":` + q + `,"picUrl":` + q + `,"title":` + q + `,"text":` + q + `}}`,
		`{"msgtype":"oa","oa":{"message_url":` + q + `,"pc_message_url":` + q + `,"head":{"bgcolor":` + q + `,"text":` + q + `},"status_bar":{"status_value":` + q + `,"status_bg":` + q + `},
			"body":{"title":` + q + `,"form":[{"key":` + q + `,"value":` + q + `}],"rich":{"num":` + q + `,"unit":` + q + `},"content":` + q + `,"image":` + q + `,"file_count":` + q + `,"author":` + q + `}}}`,
		`{"msgtype":"image","image":{"media_id":` + q + `}}`,
		`{"msgtype":"voice","voice":{"media_id":` + q + `,"duration":` + q + `}}`,
		`{"msgtype":"file","file":{"media_id":` + q + `}}`,
		`{"msgtype":` + q + `}`, text,
	}
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\x00", `\u0000`, "\x01", `\u0001`).Replace(s) + `"`
}

func TestHostile(t *testing.T) {
	t.Parallel()
	for _, h := range hostile {
		for _, msg := range everywhere(h) {
			harmless(t, msg)
			harmless(t, strings.ReplaceAll(msg, quote(h), quote("https://a.example/"+h)))
		}
	}
}

// FuzzDraw holds the same of whatever comes.
func FuzzDraw(f *testing.F) {
	for _, h := range hostile {
		f.Add(h)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2048 {
			return
		}
		for _, msg := range everywhere(text) {
			harmless(t, msg)
			if s := Summary([]byte(msg)); utf8.RuneCountInString(s) > 80 || strings.ContainsAny(s, "\n\r\t") {
				t.Errorf("the summary is %q", s)
			}
		}
	})
}

func TestBroken(t *testing.T) {
	t.Parallel()
	for _, msg := range []string{"", "null", "[]", "{", `{"msgtype":"text"}`, `{"msgtype":"text","text":{"content":1}}`, `{"msgtype":"broken"}`,
		`{"msgtype":"fill","text":{}}`, `{"msgtype":"card<script>"}`, "\xff\xfe", `{"msgtype":"text","text":{"content":"` + strings.Repeat("x", maxBytes) + `"}}`} {
		out := string(Draw([]byte(msg), "ops"))
		if !strings.Contains(out, "cannot be drawn") || !utf8.ValidString(out) || len(out) > 8*maxBytes {
			t.Errorf("%.40q is drawn as %.200s", msg, out)
		}
		if s := Summary([]byte(msg)); s != "[Message]" {
			t.Errorf("%.40q is summed up as %q", msg, s)
		}
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	for msg, want := range map[string]string{
		`{"msgtype":"text","text":{"content":" a\n b\t月会 "}}`:                     "a b 月会",
		`{"msgtype":"text","text":{"content":"` + strings.Repeat("林", 81) + `"}}`: strings.Repeat("林", 79) + "…",
		`{"msgtype":"text","text":{"content":"` + strings.Repeat("林", 80) + `"}}`: strings.Repeat("林", 80),
		`{"msgtype":"markdown","markdown":{"title":"标题","text":"x"}}`:             "标题",
		`{"msgtype":"action_card","action_card":{"title":"","markdown":"x"}}`:     "[Card]",
		`{"msgtype":"oa","oa":{"body":{"title":"a","content":"b"}}}`:              "a",
		`{"msgtype":"oa","oa":{"body":{"content":"b"}}}`:                          "b",
		`{"msgtype":"oa","oa":{"body":{}}}`:                                       "[OA]",
		`{"msgtype":"link","link":{"title":"a"}}`:                                 "[Link] a",
		`{"msgtype":"image","image":{}}`:                                          "[Image]",
		`{"msgtype":"voice","voice":{"duration":"9"}}`:                            "[Voice] 9″",
		`{"msgtype":"file","file":{}}`:                                            "[File]",
	} {
		if got := Summary([]byte(msg)); got != want {
			t.Errorf("%s: %q, not %q", msg, got, want)
		}
	}
}

func TestLinked(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"see https://a.example/x.":          "https://a.example/x",
		"(https://a.example/x)":             "https://a.example/x",
		"https://a.example/x_(y)":           "https://a.example/x_(y)",
		"见https://a.example/路径":             "https://a.example/",
		"HTTPS://A.example/x，好":             "https://A.example/x",
		"http://[::1]:8060/a?b=c&d=%20#e!?": "http://[::1]:8060/a?b=c&d=%20#e",
		"https://":                          "",
		"https://./.":                       "https://./",
		"ftp://a.example xhttps://b":        "",
	} {
		root, out := drawn(t, `{"msgtype":"text","text":{"content":`+quote(content)+`}}`)
		links := seen(root)["a"]
		href, _, _ := strings.Cut(strings.Join(links, "|"), " ")
		if href != want || shown(root) != content {
			t.Errorf("%q leads to %q, not %q: %s", content, href, want, out)
		}
	}
}

// TestSafeURL: where a link leads, or "".
func TestSafeURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		" https://a.example/x?a=1&b=2#c ": "https://a.example/x?a=1&b=2#c",
		"HTTP://a.example":                "http://a.example",
		"http://":                         "",
		"//a.example":                     "",
		"/x":                              "",
		"":                                "",
		"%zz":                             "",
		"eapp://page":                     "",
		"javascript://a.example/%0ax":     "",
		"data:text/html,x":                "",
		"ftp://a.example":                 "",
		"dingtalk://dingtalkclient/page/link?url=https%3A%2F%2Fa.example%2Fx%3Fy%3D1&pc_slide=true":                                                      "https://a.example/x?y=1",
		"dingtalk://dingtalkclient/action/open_platform_link?pcLink=https%3A%2F%2Fpc.example&mobileLink=https%3A%2F%2Fm.example":                         "https://pc.example",
		"dingtalk://dingtalkclient/action/open_platform_link?pcLink=dingtalk%3A%2F%2Fdingtalkclient%2Fpage%2Flink%3Furl%3Dhttps%253A%252F%252Fa.example": "https://a.example",
		"dingtalk://dingtalkclient/page/link?url=javascript%3A%2F%2Fa.example%2F%250ax":                                                                  "",
		"dingtalk://dingtalkclient/action/openapp": "",
	} {
		if got := safeURL(raw); got != want {
			t.Errorf("%s leads to %q, not %q", raw, got, want)
		}
	}
}

func TestColors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		got  paint
		want paint
	}{
		{headColor("FFBBBBBB"), paint{"#BBBBBB", "ph-on-light"}},
		{headColor("FF3B7CFF"), paint{"#3B7CFF", "ph-on-dark"}},
		{headColor("00000000"), paint{"#FFFFFF", "ph-on-light"}},
		{headColor("80000000"), paint{"#7F7F7F", "ph-on-dark"}},
		{headColor("0xFFBBBB"), paint{"#BBBBBB", "ph-on-light"}},
		{headColor("red"), paint{"#BBBBBB", "ph-on-light"}},
		{headColor("+FF00000"), paint{"#BBBBBB", "ph-on-light"}},
		{statusColor("0xFF78C06E"), paint{"#78C06E", "ph-on-light"}},
		{statusColor("0XFFF65E5E"), paint{"#F65E5E", "ph-on-dark"}},
		{statusColor(""), paint{"#000000", "ph-on-dark"}},
		{statusColor("78C06E"), paint{"#000000", "ph-on-dark"}},
	} {
		if c.got != c.want {
			t.Errorf("got %+v, want %+v", c.got, c.want)
		}
	}
}

// TestClassesAreStyled: every class that is drawn stands in the style sheet, and
// the style sheet loads nothing.
func TestClassesAreStyled(t *testing.T) {
	t.Parallel()
	classes := map[string]bool{}
	for _, msg := range append(everywhere("https://a.example/x"), everywhere("![x](y) [z](bad:)")...) {
		root, _ := drawn(t, msg)
		elements(root, func(n *html.Node) {
			for _, c := range strings.Fields(attr(n, "class")) {
				classes[c] = true
			}
		})
	}
	for c := range classes {
		if !strings.HasPrefix(c, "ph-") || !strings.Contains(CSS, "."+c) {
			t.Errorf("class %s is not in the style sheet", c)
		}
	}
	for _, no := range []string{"url(", "@import", "http:", "https:"} {
		if strings.Contains(CSS, no) {
			t.Errorf("the style sheet has %s", no)
		}
	}
	if len(classes) < 20 {
		t.Errorf("only %d classes were drawn", len(classes))
	}
}
