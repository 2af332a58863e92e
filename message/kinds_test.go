package message

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const eventURL = "https://a.example/e?x=1&y=2"

// goldens are the exact bytes of each kind, with every field and with as few
// as it takes.
var goldens = map[string]struct {
	msgtype string
	v       Values
	link    string
	want    string
}{
	"text": {"text", Values{"content": " 磁盘已满 <b> & \"C:\\tmp\"\r\n\r\n\r\n👩‍👩‍👧 \n"}, eventURL,
		`{"msgtype":"text","text":{"content":"磁盘已满 <b> & \"C:\\tmp\"\n\n👩‍👩‍👧"}}`},
	"image": {"image", Values{"media": " @lADOADmaWMzazQKA "}, "", `{"msgtype":"image","image":{"media_id":"@lADOADmaWMzazQKA"}}`},
	"file":  {"file", Values{"media": "$abc"}, "", `{"msgtype":"file","file":{"media_id":"$abc"}}`},
	"voice": {"voice", Values{"media": "@abc", "duration": "59\n"}, "", `{"msgtype":"voice","voice":{"media_id":"@abc","duration":"59"}}`},
	"link": {"link", Values{"url": "dingtalk://x", "picture": "@p", "title": "标\n题", "text": "a\nb"}, eventURL,
		`{"msgtype":"link","link":{"messageUrl":"dingtalk://x","picUrl":"@p","title":"标 题","text":"a\nb"}}`},
	"link, least": {"link", Values{"title": "T"}, "",
		`{"msgtype":"link","link":{"messageUrl":"https://www.dingtalk.com","picUrl":"@lALOACZwe2Rk","title":"T","text":"T"}}`},
	"link, the event's URL": {"link", Values{"url": "javascript:alert(1)", "title": "T", "text": "x"}, eventURL,
		`{"msgtype":"link","link":{"messageUrl":"https://a.example/e?x=1&y=2","picUrl":"@lALOACZwe2Rk","title":"T","text":"x"}}`},
	"markdown": {"markdown", Values{"title": "T\t1", "text": "### H\n- a\n- b\n\n```\nx\n\n  y\n```\nz"}, eventURL,
		`{"msgtype":"markdown","markdown":{"title":"T 1","text":"### H  \n- a  \n- b\n\n` + "```\\nx\\n\\n  y\\n```" + `  \nz"}}`},
	"oa": {"oa", Values{"title": "T", "url": "https://a.example/m", "pc_url": "https://a.example/pc", "head": "ops", "head_color": "FFBBBBBB",
		"form": Row("k", "v") + " \n" + Row("空", " "), "rich": "15.6  %", "content": "c\nd", "image": "@i", "file_count": "3", "author": "李雷",
		"status": "告警", "status_color": "0xFFF65E5E"}, eventURL,
		`{"msgtype":"oa","oa":{"message_url":"https://a.example/m","pc_message_url":"https://a.example/pc","head":{"bgcolor":"FFBBBBBB","text":"ops"},` +
			`"status_bar":{"status_value":"告警","status_bg":"0xFFF65E5E"},"body":{"title":"T","form":[{"key":"k","value":"v"},{"key":"空","value":"–"}],` +
			`"rich":{"num":"15.6","unit":"%"},"content":"c\nd","image":"@i","file_count":"3","author":"李雷"}}}`},
	"oa, least": {"oa", Values{"title": "T"}, "",
		`{"msgtype":"oa","oa":{"message_url":"https://www.dingtalk.com","head":{"bgcolor":"FF3B7CFF","text":"workbell"},"body":{"title":"T"}}}`},
	"oa, rows alone": {"oa", Values{"form": Row("k", "v"), "status": "on", "rich": "7"}, eventURL,
		`{"msgtype":"oa","oa":{"message_url":"https://a.example/e?x=1&y=2","head":{"bgcolor":"FF3B7CFF","text":"workbell"},"status_bar":{"status_value":"on"},` +
			`"body":{"form":[{"key":"k","value":"v"}],"rich":{"num":"7","unit":""}}}}`},
	"action_card": {"action_card", Values{"title": "T", "markdown": "**m**", "orientation": "horizontal",
		"buttons": Button("确认", "https://a.example/ok") + "\n" + Button("none", "") + Button("", "https://a.example") + Button("odd", "ftp://x") + Button("No", "https://a.example/a b")}, eventURL,
		`{"msgtype":"action_card","action_card":{"title":"T","markdown":"**m**","btn_orientation":"1",` +
			`"btn_json_list":[{"title":"确认","action_url":"https://a.example/ok"},{"title":"No","action_url":"https://a.example/a%20b"}]}}`},
	"action_card, one button": {"action_card", Values{"title": "T", "markdown": "m", "orientation": "1", "buttons": Button("Go", "https://a.example/go")}, eventURL,
		`{"msgtype":"action_card","action_card":{"title":"T","markdown":"m","single_title":"Go","single_url":"https://a.example/go"}}`},
	"action_card, least": {"action_card", Values{"title": "T", "markdown": "m"}, eventURL,
		`{"msgtype":"action_card","action_card":{"title":"T","markdown":"m","single_title":"Open","single_url":"https://a.example/e?x=1&y=2"}}`},
	"template": {"template", Values{TemplateID: "e27a9eed42b34a14a2", "data.title": "磁盘\t已满 <b>", "data.url": "https://a.example/e?x=1&y=2", "data._n1": "a\r\n\"b\"", "data.none": " "}, eventURL,
		`{"msgtype":"template","template":{"template_id":"e27a9eed42b34a14a2","data":{"_n1":"a\n\"b\"","none":"","title":"磁盘 已满 <b>","url":"https://a.example/e?x=1&y=2"}}}`},
	"action_card without any URL": {"action_card", Values{"title": "T", "markdown": "m"}, "", `{"msgtype":"markdown","markdown":{"title":"T","text":"m"}}`},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, c := range goldens {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Build(c.msgtype, c.v, c.link, 0)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, string(got.Body)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if err := Validate(got.Body); err != nil {
				t.Errorf("what Build made is refused: %v", err)
			}
			if !got.Whole || !strings.HasPrefix(string(got.Body), `{"msgtype":"`+got.Msgtype+`",`) {
				t.Errorf("whole %t, msgtype %s", got.Whole, got.Msgtype)
			}
		})
	}
}

// Every field that templates can name changes the message.
func TestEveryFieldIsUsed(t *testing.T) {
	t.Parallel()
	for name, c := range goldens {
		kind, ok := KindOf(c.msgtype)
		if !ok {
			t.Fatalf("no kind %s", c.msgtype)
		}
		for field := range c.v {
			if !kind.Has(field) && field != TemplateID {
				t.Errorf("%s: %s is no field", name, field)
			}
		}
	}
	for _, kind := range Kinds {
		full := goldens[kind.Name].v
		for _, f := range kind.Fields {
			less := Values{}
			for k, v := range full {
				if k != f.Name {
					less[k] = v
				}
			}
			with, err := Build(kind.Name, full, "", 0)
			without, errLess := Build(kind.Name, less, "", 0)
			if full[f.Name] == "" || err != nil || errLess == nil && string(with.Body) == string(without.Body) {
				t.Errorf("%s.%s changes nothing (%v)", kind.Name, f.Name, err)
			}
			if !f.Required && errLess != nil {
				t.Errorf("%s.%s is not required, but: %v", kind.Name, f.Name, errLess)
			}
		}
	}
	if d := cmp.Diff([]string{"text", "image", "voice", "file", "link", "oa", "markdown", "action_card"}, Names()); d != "" {
		t.Errorf("the kinds (-want +got):\n%s", d)
	}
}

// What is wrong with a field is said with what to write instead.
func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		msgtype string
		v       Values
		want    string
	}{
		"unknown":              {"robot", nil, `unknown msgtype "robot": write one of text, image`},
		"text":                 {"text", Values{"content": " \x00\n\u2028"}, "text: content is empty: write what people are to read"},
		"markdown title":       {"markdown", Values{"text": "x"}, "markdown: title is empty: write the line"},
		"markdown text":        {"markdown", Values{"title": "x"}, "markdown: text is empty: write what"},
		"link title":           {"link", Values{"text": "x"}, "link: title is empty: write one line"},
		"link":                 {"link", Values{}, "link: title is empty: write one line"},
		"image":                {"image", Values{"media": "/etc/passwd"}, `image: media is "/etc/passwd": write a media id, which begins with @ or $`},
		"image, a URL":         {"image", Values{"media": "https://x.example/i.png"}, "write a media id"},
		"image, long":          {"image", Values{"media": "@" + strings.Repeat("x", 512)}, "…\": write a media id"},
		"image, two":           {"image", Values{"media": "@a @b"}, "write a media id"},
		"file":                 {"file", Values{}, `file: media is "": write a media id`},
		"voice media":          {"voice", Values{"duration": "3"}, `voice: media is "": write a media id`},
		"voice, none":          {"voice", Values{"media": "@a"}, `voice: duration is "": write whole seconds from 1 to 59`},
		"voice, 0":             {"voice", Values{"media": "@a", "duration": "0"}, "whole seconds"},
		"voice, 60":            {"voice", Values{"media": "@a", "duration": "60"}, "whole seconds"},
		"voice, 07":            {"voice", Values{"media": "@a", "duration": "07"}, "whole seconds"},
		"voice, +7":            {"voice", Values{"media": "@a", "duration": "+7"}, "whole seconds"},
		"voice, 1.5":           {"voice", Values{"media": "@a", "duration": "1.5"}, `duration is "1.5"`},
		"oa, nothing":          {"oa", Values{"author": "x"}, "oa: title, content and form are empty: write one of them"},
		"oa head_color":        {"oa", Values{"title": "x", "head_color": "0xFFBBBBBB"}, `head_color is "0xFFBBBBBB": write 8 hex digits, AARRGGBB, without 0x`},
		"oa head_color, red":   {"oa", Values{"title": "x", "head_color": "red"}, `head_color is "red": write 8 hex digits`},
		"oa status_color":      {"oa", Values{"title": "x", "status": "s", "status_color": "FFF65E5E"}, `status_color is "FFF65E5E": write 0xFF and 6 hex digits`},
		"oa status_color, 0x0": {"oa", Values{"title": "x", "status": "s", "status_color": "0x00F65E5E"}, "write 0xFF"},
		"oa file_count":        {"oa", Values{"title": "x", "file_count": "three"}, `file_count is "three": write a number`},
		"oa image":             {"oa", Values{"title": "x", "image": "i.png"}, `image is "i.png": write a media id`},
		"oa form":              {"oa", Values{"title": "x", "form": "k: v"}, "oa: form takes rows: write {{ row KEY VALUE }}"},
		"oa form of buttons":   {"oa", Values{"title": "x", "form": Button("a", "b")}, "form takes rows"},
		"oa form, text after":  {"oa", Values{"title": "x", "form": Row("a", "b") + "c"}, "form takes rows"},
		"card title":           {"action_card", Values{"markdown": "x"}, "title is empty: write the line"},
		"card markdown":        {"action_card", Values{"title": "x"}, "is empty: write what"},
		"card orientation":     {"action_card", Values{"title": "x", "markdown": "x", "orientation": "2"}, `orientation is "2": write vertical or horizontal`},
		"card buttons":         {"action_card", Values{"title": "x", "markdown": "x", "buttons": "OK"}, "buttons takes buttons: write {{ button TITLE URL }}"},
		"card buttons of rows": {"action_card", Values{"title": "x", "markdown": "x", "buttons": Row("a", "b")}, "buttons takes buttons"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Build(c.msgtype, c.v, eventURL, 0)
			if err == nil {
				t.Fatalf("it made %s", got.Body)
			}
			if !strings.Contains(err.Error(), c.want) || strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("got %q, want one line with %q", err, c.want)
			}
		})
	}
}

// Validate refuses by name what DingTalk would refuse.
func TestValidateRefuses(t *testing.T) {
	t.Parallel()
	card := func(members string) string {
		return `{"msgtype":"action_card","action_card":{"title":"t","markdown":"m",` + members + `}}`
	}
	oa := func(url, head, members string) string {
		return `{"msgtype":"oa","oa":{"message_url":"` + url + `","head":{"bgcolor":"FFBBBBBB","text":"` + head + `"},` + members + `}}`
	}
	row := `{"key":"k","value":"v"},`
	long := strings.Repeat("很", 65)
	button := `{"title":"b","action_url":"https://a.example/` + strings.Repeat("x", 300) + `"}`
	for msg, want := range map[string]string{
		`{"msgtype":"text","text":{"content":"` + strings.Repeat("x", 2048) + `"}}`:                            "msg has 2088 bytes: DingTalk takes 2048",
		"{\"msgtype\":\"text\",\"text\":{\"content\":\"\xff\"}}":                                               "not valid UTF-8",
		`{"msgtype":"text","text":{"content":"\u4e2d"}}`:                                                       `a \u escape at byte 37: DingTalk refuses it (40033), write raw UTF-8`,
		`{"msgtype":"text","text":{"content":"\\u4e2d"}}`:                                                      `a \u escape`,
		`{"text":{"content":"x"}}`:                                                                             `msg has no "msgtype": begin with`,
		`[]`:                                                                                                   "reading msg",
		`{"msgtype":"text","text":{"content":"x"}} {}`:                                                         "reading msg",
		`{"msgtype":"robot","robot":{}}`:                                                                       `unknown msgtype "robot": write one of text`,
		`{"msgtype":"text","markdown":{"content":"x"}}`:                                                        `exactly the keys "msgtype" and "text"`,
		`{"msgtype":"text","text":{"content":"x"},"agent_id":1}`:                                               `exactly the keys "msgtype" and "text"`,
		`{"msgtype":"text","text":{"content":"x","at":1}}`:                                                     `unknown field "at"`,
		`{"msgtype":"text","text":null}`:                                                                       "content is empty",
		`{"msgtype":"voice","voice":{"media_id":"@a","duration":3}}`:                                           "reading voice",
		`{"msgtype":"markdown","markdown":{"title":"` + long + `","text":"x"}}`:                                "title has 65 characters: DingTalk takes 64, shorten it",
		`{"msgtype":"link","link":{"messageUrl":"x","picUrl":"@a","title":"t","text":"x"}}`:                    `url is "x": write a URL that begins with https://`,
		`{"msgtype":"link","link":{"messageUrl":"https://a.example/ b","picUrl":"@a","title":"t","text":"x"}}`: "write a URL",
		`{"msgtype":"link","link":{"messageUrl":"https://a.example","picUrl":"","title":"t","text":"x"}}`:      "picture is empty: write a media id",
		`{"msgtype":"link","link":{"messageUrl":"https://a.example","picUrl":"@a","title":"t","text":""}}`:     "text is empty: write",
		card(`"single_title":"a"`):                                                                             "write one of the two",
		card(`"single_title":"a","single_url":"https://a.example","btn_orientation":"0","btn_json_list":[{"title":"a","action_url":"https://a.example"}]`): "write one of the two",
		card(`"single_title":"a","single_url":"https://a.example","btn_orientation":"0"`):                                                                  "comes with btn_json_list",
		card(`"btn_json_list":[{"title":"a","action_url":"https://a.example"}]`):                                                                           "comes with btn_json_list",
		card(`"btn_orientation":"0","btn_json_list":[{"title":"","action_url":"https://a.example"}]`):                                                      "a button has no title: write",
		card(`"btn_orientation":"0","btn_json_list":[{"title":"a","action_url":"a.example"}]`):                                                             "a button's URL is",
		card(`"single_title":"` + long[:63] + `","single_url":"https://a.example"`):                                                                        "a button's title has 21 characters: DingTalk takes 20",
		card(`"single_title":"a","single_url":"https://a.example/` + strings.Repeat("x", 500) + `"`):                                                       "a button's URL has 518 characters: DingTalk takes 500",
		card(`"btn_orientation":"1","btn_json_list":[` + button + "," + button + "," + button + `]`):                                                       "more than 1000 characters: write fewer",
		oa("https://a.example", "h", `"body":{}`):                                                                                                          "title, content and form are empty",
		oa("https://a.example", "", `"body":{"title":"x"}`):                                                                                                "head is empty: write",
		oa("a.example", "h", `"body":{"title":"x"}`):                                                                                                       `url is "a.example"`,
		oa("https://a.example", "h", `"pc_message_url":"x","body":{"title":"x"}`):                                                                          `pc_url is "x"`,
		oa("https://a.example", "h", `"status_bar":{"status_value":""},"body":{"title":"x"}`):                                                              "status is empty: write",
		oa("https://a.example", "h", `"body":{"form":[`+strings.Repeat(row, 6)+row[:len(row)-1]+`]}`):                                                      "form has 7 rows: DingTalk shows 6",
	} {
		err := Validate([]byte(msg))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.120s\ngot %v, want %q", msg, err, want)
		}
	}
}

// Limits of 64 and 20 count characters; what is longer is cut between what
// people see as characters.
func TestLimitsInCharacters(t *testing.T) {
	t.Parallel()
	for name, unit := range map[string]string{"ASCII": "x", "Chinese": "很", "a family": "👩‍👩‍👧", "a flag": "🇨🇳", "combining": "e\u0301\u0323", "Hangul": "\u1112\u1161\u11ab"} {
		runes := utf8.RuneCountInString(unit)
		for _, limit := range []int{maxTitle, maxButtonTitle} {
			most := limit / runes
			fits, over := strings.Repeat(unit, most), strings.Repeat(unit, most+1)
			if got := CutRunes(fits, limit); got != fits {
				t.Errorf("%s: %d characters were cut to %q", name, utf8.RuneCountInString(fits), got)
			}
			got := CutRunes(over, limit)
			if want := strings.Repeat(unit, (limit-1)/runes) + "…"; got != want || utf8.RuneCountInString(got) > limit {
				t.Errorf("%s: %d characters were cut to %q, want %q", name, utf8.RuneCountInString(over), got, want)
			}
		}
		title, button := strings.Repeat(unit, 65), strings.Repeat(unit, 21)
		card, err := Build("action_card", Values{"title": title, "markdown": "m", "buttons": Button(button, eventURL)}, "", 0)
		if err != nil {
			t.Errorf("%s: a long title is an error: %v", name, err)
		}
		var msg struct {
			Card actionCardBody `json:"action_card"`
		}
		if err := json.Unmarshal(card.Body, &msg); err != nil || msg.Card.Title != CutRunes(title, 64) || msg.Card.SingleTitle != CutRunes(button, 20) {
			t.Errorf("%s: %+v (%v)", name, msg.Card, err)
		}
	}
}

// Buttons of more than 1,000 characters together are left out from the end.
func TestButtonsHaveRoom(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for range 6 {
		all.WriteString(Button("b", "https://a.example/"+strings.Repeat("x", 200)))
	}
	got, err := Build("action_card", Values{"title": "T", "markdown": "m", "buttons": all.String()}, "", 0)
	if err != nil || Validate(got.Body) != nil || strings.Count(string(got.Body), "action_url") != 4 {
		t.Errorf("%v: %s", err, got.Body)
	}
	// A button's URL of 501 characters is left out, and so is a default one.
	long := "https://a.example/" + strings.Repeat("x", 483)
	got, err = Build("action_card", Values{"title": "T", "markdown": "m", "buttons": Button("b", long)}, long, 0)
	if err != nil || got.Msgtype != "markdown" {
		t.Errorf("%v: %s", err, got.Body)
	}
	got, err = Build("action_card", Values{"title": "T", "markdown": "m"}, long[:500], 0)
	if err != nil || got.Msgtype != "action_card" || Validate(got.Body) != nil {
		t.Errorf("%v: %s", err, got.Body)
	}
}

// Rows past the sixth are hidden by DingTalk: the message is not whole.
func TestRowsPastTheSixth(t *testing.T) {
	t.Parallel()
	for n, whole := range map[int]bool{6: true, 7: false} {
		got, err := Build("oa", Values{"form": strings.Repeat(Row("k", "v"), n)}, "", 0)
		if err != nil || got.Whole != whole || strings.Count(string(got.Body), `"key"`) != 6 {
			t.Errorf("%d rows: whole %t, %v: %s", n, got.Whole, err, got.Body)
		}
	}
}
