package message

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

const dayMark = " #999999 · 14:32"

// A mark goes to the end of the text that people see.
func TestAppend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to string }{ // what of the golden message changes; "" for nothing
		"text":                    {`👩‍👩‍👧"`, `👩‍👩‍👧 #2 · 14:32"`},
		"link":                    {`"a\nb"`, `"a\nb #2 · 14:32"`},
		"markdown":                {`z"`, `z #2 · 14:32"`},
		"oa":                      {`"c\nd"`, `"c\nd #2 · 14:32"`},
		"oa, least":               {`"title":"T"`, `"title":"T #2 · 14:32"`},
		"oa, rows alone":          {`"body":{`, `"body":{"title":"#2 · 14:32",`},
		"action_card":             {`"**m**"`, `"**m** #2 · 14:32"`},
		"action_card, one button": {`"m"`, `"m #2 · 14:32"`},
		"template":                {`已满 <b>"`, `已满 <b> #2 · 14:32"`},
		"image":                   {},
		"file":                    {},
		"voice":                   {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden := goldens[name].want
			got, ok := Append([]byte(golden), " #2 · 14:32")
			want := strings.Replace(golden, c.from, c.to, 1)
			if string(got) != want || ok != (c.from != "") {
				t.Errorf("%t\ngot  %s\nwant %s", ok, got, want)
			}
			if err := Validate(got); err != nil {
				t.Error(err)
			}
		})
	}
	got, ok := Append([]byte(`{"msgtype":"text","text":{"content":"C:\\u00"}}`), "41")
	if want := `{"msgtype":"text","text":{"content":"C:\\u00 41"}}`; !ok || string(got) != want {
		t.Errorf("what looks like an escape together is %s, want %s", got, want)
	}
	for _, msg := range []string{"", "{}", `{"msgtype":"robot","robot":{}}`, `{"msgtype":"text"}`} {
		if got, ok := Append([]byte(msg), dayMark); ok || string(got) != msg {
			t.Errorf("%q: %t, %q", msg, ok, got)
		}
	}
}

// fullest are messages of each kind with text that leave no more than room
// bytes free.
func fullest(t *testing.T, room int) map[string][]byte {
	t.Helper()
	long := strings.Repeat("长文本 with \"quotes\" 👩‍👩‍👧\n", 100)
	out := map[string][]byte{}
	for name, c := range map[string]struct {
		msgtype string
		v       Values
	}{
		"text":        {"text", Values{"content": long}},
		"markdown":    {"markdown", Values{"title": "T", "text": "**" + strings.ReplaceAll(long, "\n", " ") + "**"}},
		"link":        {"link", Values{"title": "T", "text": long}},
		"oa":          {"oa", Values{"title": "T", "content": long}},
		"oa, rows":    {"oa", Values{"title": "T", "form": Row("k", long) + Row("k2", long)}},
		"oa, title":   {"oa", Values{"title": long}},
		"action_card": {"action_card", Values{"title": "T", "markdown": long, "buttons": Button("b", "https://b.example") + Button("c", eventURL)}},
	} {
		got, err := Build(c.msgtype, c.v, eventURL, MaxBytes-room)
		if err != nil || got.Whole || got.Msgtype != c.msgtype {
			t.Fatalf("%s: %v, whole %t, %s", name, err, got.Whole, got.Msgtype)
		}
		out[name] = got.Body
	}
	return out
}

// With the room that fitting leaves a mark costs no text; without it, a text
// is cut for it, and the link to the whole stays.
func TestAppendWhereItIsTight(t *testing.T) {
	t.Parallel()
	if len(dayMark) != MarkRoom {
		t.Fatalf("the longest mark has %d bytes, the room %d", len(dayMark), MarkRoom)
	}
	for _, room := range []int{MarkRoom, 0} {
		for name, msg := range fullest(t, room) {
			got, ok := Append(msg, dayMark)
			if err := Validate(got); !ok || err != nil {
				t.Errorf("%s with room for %d bytes: %t, %v: %s", name, room, ok, err, got)
			}
			if strings.Count(string(got), dayMark) != 1 {
				t.Errorf("%s has not one mark: %s", name, got)
			}
			if room == MarkRoom && strings.Replace(string(got), dayMark, "", 1) != string(msg) {
				t.Errorf("%s had room, but is cut:\n%s\n%s", name, msg, got)
			}
			if strings.Contains(string(msg), eventURL) && !strings.Contains(string(got), eventURL) {
				t.Errorf("%s leads no more to the whole: %s", name, got)
			}
		}
	}
}

// The same mark gives the same bytes, another one other bytes, and marks on
// marks never grow past the bound.
func TestAppendRepeated(t *testing.T) {
	t.Parallel()
	for name, msg := range fullest(t, MarkRoom) {
		seen := map[string]int{}
		for n := 2; n < 50; n++ {
			got, _ := Append(msg, fmt.Sprintf(" #%d · 14:32", n))
			again, _ := Append(msg, fmt.Sprintf(" #%d · 14:32", n))
			if before, taken := seen[string(got)]; taken || string(again) != string(got) {
				t.Errorf("%s: %d reads as %d", name, n, before)
			}
			seen[string(got)] = n
		}
		last := msg
		for n := range 100 {
			var ok bool
			if last, ok = Append(last, dayMark); !ok || Validate(last) != nil {
				t.Fatalf("%s: after %d marks: %t, %v", name, n, ok, Validate(last))
			}
		}
	}
}

// A message that is nearly all URL still takes the mark: it must not be taken
// for one that has no text.
func TestAppendAmongLongURLs(t *testing.T) {
	t.Parallel()
	o := &oaBody{MessageURL: "https://a.example/" + strings.Repeat("x", 1700), Head: oaHead{DefaultHead, "h"}, Body: oaMain{Title: "Disk full", Author: "me"}}
	o.PCMessageURL = "https://b.example/" + strings.Repeat("y", MaxBytes-len(encode(o))-len(`"pc_message_url":"https://b.example/",`))
	msg := encode(o)
	if len(msg) != MaxBytes || Validate(msg) != nil {
		t.Fatalf("%d bytes, %v", len(msg), Validate(msg))
	}
	got, ok := Append(msg, dayMark)
	if err := Validate(got); !ok || err != nil {
		t.Fatalf("%t, %v: %s", ok, err, got)
	}
	var back struct {
		OA oaBody `json:"oa"`
	}
	if err := json.Unmarshal(got, &back); err != nil || back.OA.Body.Title != "Disk full"+dayMark {
		t.Errorf("%v, title %q", err, back.OA.Body.Title)
	}
}

// What Append appended Strip removes, to the byte; it leaves all else alone.
func TestStrip(t *testing.T) {
	t.Parallel()
	end := regexp.MustCompile(regexp.QuoteMeta(dayMark) + "$")
	for name, msg := range fullest(t, MarkRoom) {
		marked, _ := Append(msg, dayMark)
		if got := Strip(marked, end); string(got) != string(msg) {
			t.Errorf("%s:\n%s\n%s", name, msg, got)
		}
		if got := Strip(msg, end); string(got) != string(msg) {
			t.Errorf("%s had no mark:\n%s\n%s", name, msg, got)
		}
	}
	for _, msg := range []string{
		`{"msgtype":"image","image":{"media_id":"@x` + dayMark + `"}}`,
		`{"msgtype":"text","text":{"content":"` + dayMark + `"}}`, // nothing would be left
		`{"msgtype":"text","text":{"content":"a` + dayMark + ` b"}}`,
		`{"msgtype":"poem","poem":{"content":"a` + dayMark + `"}}`,
		`no JSON`,
	} {
		if got := Strip([]byte(msg), end); string(got) != msg {
			t.Errorf("%s became %s", msg, got)
		}
	}
}
