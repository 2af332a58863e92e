package message

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// smallest is how few bytes a message may be asked to have: under it not even
// what is no text has room.
const smallest = 700

// story is a text of n bytes or a little more, with all that can be cut badly.
func story(n int) string {
	var b strings.Builder
	for b.Len() < n {
		b.WriteString("**磁盘** 已满 on `web-1`, see [面板](https://grafana.example/d/1?var=(a)) 👩‍👩‍👧 \\*now\\* \"C:\\tmp\"\n\n")
	}
	return b.String()
}

// A message that is cut to any size is valid, has that size, and leads to the
// whole.
func TestBuildAtEverySize(t *testing.T) {
	t.Parallel()
	long := story(3000)
	for name, c := range map[string]struct {
		msgtype string
		v       Values
	}{
		"text":                {"text", Values{"content": long}},
		"text, link inside":   {"text", Values{"content": "see " + eventURL + "0 or\n" + long + eventURL}},
		"markdown":            {"markdown", Values{"title": long, "text": long}},
		"markdown, its link":  {"markdown", Values{"title": "T", "text": "[open](" + eventURL + ")\n\n" + long}},
		"markdown, code":      {"markdown", Values{"title": "T", "text": "```\n" + long + "\n```\nend"}},
		"link":                {"link", Values{"title": long, "text": long}},
		"oa":                  {"oa", Values{"title": long, "content": long, "author": long, "form": Row(long, long), "status": "s", "rich": "1 x"}},
		"oa, six rows":        {"oa", Values{"title": "T", "form": strings.Repeat(Row("键", long), 6)}},
		"action_card":         {"action_card", Values{"title": long, "markdown": long}},
		"action_card, others": {"action_card", Values{"title": "T", "markdown": long, "buttons": Button("a", "https://b.example") + Button("b", "https://c.example")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for max := MaxBytes; max >= smallest; max -= 1 + max%7 {
				got, err := Build(c.msgtype, c.v, eventURL, max)
				if err != nil || len(got.Body) > max || got.Whole || got.Msgtype != c.msgtype {
					t.Fatalf("to %d: %d bytes, whole %t, %s, %v", max, len(got.Body), got.Whole, got.Msgtype, err)
				}
				if err := Validate(got.Body); err != nil {
					t.Fatalf("to %d: %v: %s", max, err, got.Body)
				}
				if !leadsTo(got.Body, eventURL) {
					t.Fatalf("to %d: it leads no more to %s: %s", max, eventURL, got.Body)
				}
				if max-len(got.Body) > max/2 {
					t.Errorf("to %d: it has only %d bytes", max, len(got.Body))
				}
			}
		})
	}
}

// The longest text is cut, not the short ones.
func TestBuildCutsTheLongest(t *testing.T) {
	t.Parallel()
	got, err := Build("oa", Values{"title": "A title of some length", "author": "李雷", "content": story(5000), "form": Row("instance", "web-1.example:9100")}, eventURL, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{"A title of some length", "李雷", `"instance","value":"web-1.example:9100"`, `…","author"`} {
		if !strings.Contains(string(got.Body), kept) {
			t.Errorf("%s is cut: %s", kept, got.Body)
		}
	}
	if len(got.Body) < MaxBytes-150 {
		t.Errorf("it has only %d bytes", len(got.Body))
	}
}

// Whatever the URLs are, there is a message: what has no room beside its text
// gives way, the event's own URL last.
func TestBuildWithLongURLs(t *testing.T) {
	t.Parallel()
	at := func(host string, n int) string { return "https://" + host + "/" + strings.Repeat("x", n-len(host)-9) }
	for name, c := range map[string]struct {
		msgtype string
		v       Values
		link    string
		made    string
		has     []string
	}{
		"a link of 1,500":      {"markdown", Values{"title": "T", "text": story(3000)}, at("a.example", 1500), "markdown", []string{at("a.example", 1500), "磁盘"}},
		"a link of 3,000":      {"markdown", Values{"title": "T", "text": story(3000)}, at("a.example", 3000), "markdown", []string{"磁盘"}},
		"a link with brackets": {"markdown", Values{"title": "T", "text": story(3000)}, "https://a.example/(x)?q=[1]", "markdown", []string{"](https://a.example/%28x%29?q=%5B1%5D)"}},
		"a text's link":        {"text", Values{"content": story(3000)}, "https://a.example/(x)?q=[1]", "text", []string{`\nhttps://a.example/(x)?q=[1]"`}},
		"beginning of another": {"text", Values{"content": "https://a.example/12 " + story(3000)}, "https://a.example/1", "text", []string{"https://a.example/12 ", `https://a.example/1"`}},
		"oa, long":             {"oa", Values{"title": "T", "content": story(3000), "url": at("a.example", 2500), "pc_url": at("p.example", 700)}, "", "oa", []string{NoURL, "磁盘"}},
		"link, long":           {"link", Values{"title": "T", "text": story(3000), "url": at("a.example", 2500), "picture": "@" + strings.Repeat("p", 1500)}, "", "link", []string{NoURL, DefaultPicture, "磁盘"}},
		"a card's buttons":     {"action_card", Values{"title": "T", "markdown": story(3000), "buttons": Button("a", "https://b.example/"+strings.Repeat("中", 440)) + Button("b", "https://c.example/"+strings.Repeat("文", 400))}, eventURL, "action_card", []string{eventURL, "文文", "磁盘"}},
		"a card, nothing fits": {"action_card", Values{"title": "T", "markdown": story(3000), "buttons": Button("a", "https://b.example/"+strings.Repeat("😀", 480))}, eventURL, "text", []string{eventURL, "磁盘"}},
		"an oa full of texts":  {"oa", Values{"title": story(90), "content": story(90), "author": story(90), "head": story(90), "pc_url": at("p.example", 500), "status": story(90), "rich": "1 " + story(90), "image": "@" + strings.Repeat("i", 500), "form": strings.Repeat(Row(story(90), story(90)), 6)}, eventURL, "text", []string{eventURL, "磁盘"}},
		"no URL that opens":    {"text", Values{"content": story(3000)}, "javascript:alert(1)", "text", []string{"…\""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Build(c.msgtype, c.v, c.link, 0)
			if err != nil || got.Msgtype != c.made || got.Whole || len(got.Body) > MaxBytes {
				t.Fatalf("%v: %s, whole %t, %d bytes: %s", err, got.Msgtype, got.Whole, len(got.Body), got.Body)
			}
			if err := Validate(got.Body); err != nil {
				t.Errorf("%v: %s", err, got.Body)
			}
			for _, part := range c.has {
				if !strings.Contains(string(got.Body), part) {
					t.Errorf("it has no %.60q: %s", part, got.Body)
				}
			}
		})
	}
}

// A message of exactly the bound is whole; one byte more, and it is cut.
func TestBuildAtTheBound(t *testing.T) {
	t.Parallel()
	empty := len(encode(&textBody{}))
	for _, unit := range []string{"x", "中", `"`, "\\", "😀"} {
		size := jsonLength(unit)
		text := strings.Repeat(unit, (MaxBytes-empty)/size) + strings.Repeat("y", (MaxBytes-empty)%size)
		got, err := Build("text", Values{"content": text}, "", 0)
		if err != nil || !got.Whole || len(got.Body) != MaxBytes {
			t.Errorf("%q: whole %t, %d bytes, %v", unit, got.Whole, len(got.Body), err)
		}
		got, err = Build("text", Values{"content": text + "z"}, "", 0)
		if err != nil || got.Whole || len(got.Body) > MaxBytes || len(got.Body) < MaxBytes-8 {
			t.Errorf("%q and one more: whole %t, %d bytes, %v", unit, got.Whole, len(got.Body), err)
		}
	}
}

// TestBuildWhole holds that what fits is built as ever, and that the rest is
// left to who has less to say.
func TestBuildWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 1900, 2100} {
		v := Values{"content": strings.Repeat("x", size)}
		want, err := Build("text", v, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		if !want.Whole {
			want = Built{}
		}
		got, err := BuildWhole("text", v, "", 0)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%d bytes: %v, -want +got\n%s", size, err, d)
		}
	}
}
