package message

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTemplateOf(t *testing.T) {
	t.Parallel()
	id, data, err := TemplateOf([]byte(goldens["template"].want))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([2]string{"e27a9eed42b34a14a2", `{"_n1":"a\n\"b\"","none":"","title":"磁盘 已满 <b>","url":"https://a.example/e?x=1&y=2"}`}, [2]string{id, string(data)}); d != "" {
		t.Error(d)
	}
	if _, _, err := TemplateOf([]byte(goldens["text"].want)); err == nil || !strings.Contains(err.Error(), "not a template message") {
		t.Errorf("a text: %v", err)
	}
}

func TestTemplateFaults(t *testing.T) {
	t.Parallel()
	many := Values{TemplateID: "x"}
	for i := range 99 {
		many[fmt.Sprintf("data.p%04d", i)] = "x"
	}
	for want, v := range map[string]Values{
		"template_id is": {"data.a": "x"},
		"data.1a: a parameter's name has letters": {TemplateID: "x", "data.1a": "x"},
		"leave no room": many,
	} {
		if _, err := Build("template", v, "", 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A template message that is too long is cut, and stays one: its app can send
// no other. URLs are whole or gone, never cut.
func TestTemplateFits(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return strings.Repeat("磁盘 \"已满\"\n", n/15) }
	url := "https://a.example/" + strings.Repeat("x", 400)
	for name, v := range map[string]Values{
		"one long text":    {"data.a": long(4000), "data.u": url},
		"many short texts": {"data.a": long(90), "data.b": long(90), "data.c": long(90), "data.d": url, "data.e": url, "data.f": url, "data.g": url, "data.h": url},
		"URLs alone":       {"data.a": url, "data.b": url, "data.c": url, "data.d": url, "data.e": url, "data.f": url},
		"a URL too long":   {"data.a": "x", "data.b": "https://a.example/" + strings.Repeat("y", 3000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v[TemplateID] = "e27a"
			got, err := Build("template", v, eventURL, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got.Msgtype != "template" || got.Whole || len(got.Body) > MaxBytes || len(got.Body) < MaxBytes/8 && name != "a URL too long" {
				t.Errorf("%s, whole %t, %d bytes: %s", got.Msgtype, got.Whole, len(got.Body), got.Body)
			}
			if err := Validate(got.Body); err != nil {
				t.Error(err)
			}
			for rest := string(got.Body); strings.Contains(rest, "https://"); {
				_, rest, _ = strings.Cut(rest, "https://")
				if !strings.HasPrefix("https://"+rest, url+`"`) {
					t.Errorf("a URL is cut: %s", got.Body)
				}
			}
		})
	}
}

// A template message of many short texts has room for a mark, too.
func TestAppendToManyTexts(t *testing.T) {
	t.Parallel()
	v := Values{TemplateID: "e27a"}
	for i := range 44 {
		v[fmt.Sprintf("data.p%02d", i)] = strings.Repeat("长", 12)
	}
	built, err := Build("template", v, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := Append(built.Body, dayMark)
	if !ok || !strings.Contains(string(got), dayMark) || Validate(got) != nil || len(built.Body) < MaxBytes-100 {
		t.Errorf("%t, %v, %d bytes:\n%s\n%s", ok, Validate(got), len(built.Body), built.Body, got)
	}
}

func TestWithoutStatusBar(t *testing.T) {
	t.Parallel()
	for name, c := range goldens {
		want := c.want
		if strings.Contains(want, `"status_bar":{`) != HasStatusBar([]byte(want)) {
			t.Errorf("%s: it has a status bar: %t", name, HasStatusBar([]byte(want)))
		}
		if i := strings.Index(want, `"status_bar":{`); i >= 0 {
			want = want[:i] + want[i+strings.Index(want[i:], "},")+2:]
		}
		if d := cmp.Diff(want, string(WithoutStatusBar([]byte(c.want)))); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	pretends := `{"msgtype":"text","text":{"content":"\"status_bar\":{\"status_value\":\"x\"},"}}`
	if got := WithoutStatusBar([]byte(pretends)); HasStatusBar([]byte(pretends)) || string(got) != pretends {
		t.Errorf("a text about one became %s", got)
	}
}

func TestTurnStatusBar(t *testing.T) {
	t.Parallel()
	for name, c := range goldens {
		got := string(TurnStatusBar([]byte(c.want), "Resolved · 14:32", "0xFF78C06E"))
		want := c.want
		if i := strings.Index(want, `"status_bar":{`); i >= 0 {
			want = want[:i] + `"status_bar":{"status_value":"Resolved · 14:32","status_bg":"0xFF78C06E"` + want[i+strings.Index(want[i:], "}"):]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s:\n%s", name, d)
		}
	}
	full := `{"msgtype":"oa","oa":{"message_url":"https://a.example","head":{"bgcolor":"FFBBBBBB","text":"t"},"status_bar":{"status_value":"x","status_bg":"0xFFF65E5E"},"body":{"title":"` + strings.Repeat("x", 1800) + `"}}}`
	if got := TurnStatusBar([]byte(full), strings.Repeat("解", 40), "0xFF78C06E"); HasStatusBar(got) || len(got) >= len(full) {
		t.Errorf("a bar without room: %d bytes, %s", len(got), got[:200])
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    Recipients
		per  PerCall
		want [][2]int // named people, departments
	}{
		"a status bar":                   {Recipients{Users: names(11), Mobiles: []string{"1"}}, Asyncsend.Within(MaxBarUsers), [][2]int{{5, 0}, {5, 0}, {2, 0}}},
		"tracked":                        {Recipients{Users: names(90), Depts: []Dept{{1, 30}, {2, 60}, {3, 0}, {4, 101}}}, Asyncsend.Within(100), [][2]int{{0, 1}, {0, 1}, {10, 2}, {80, 0}}},
		"a third-party app":              {Recipients{Users: names(2100), Depts: []Dept{{1, 900}}}, SendByTemplate, [][2]int{{100, 1}, {1000, 0}, {1000, 0}}},
		"small departments":              {Recipients{Depts: depts(501)}, SendByTemplate, [][2]int{{0, 500}, {0, 1}}},
		"within nothing changes nothing": {Recipients{Users: names(101)}, Asyncsend.Within(0), [][2]int{{100, 0}, {1, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got [][2]int
			for _, call := range c.r.Split(c.per) {
				got = append(got, [2]int{call.Named(), len(call.Depts)})
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("named, departments a call (-want +got):\n%s", d)
			}
		})
	}
}
