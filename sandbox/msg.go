package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"workbell/message"
)

// field is what the documents say of one field of a message. All values are
// JSON strings ("Message types and examples"); the codes are picked from the
// global error table.
type field struct {
	need  int // the code where it is missing or blank; 0: it may be
	max   int // characters, else 34016; 0: no limit
	check func(string) int
	// object or list say that it is no string.
	object shape
	list   shape
}

type shape map[string]field

const (
	badShape = 34014
	tooLong  = 34016
)

// shapes are the message types of asyncsend_v2.
var shapes = map[string]shape{
	"text":  {"content": {need: badShape, max: 5000}},
	"image": {"media_id": {need: 34008, check: mediaID}},
	"voice": {"media_id": {need: 34011, check: mediaID}, "duration": {need: badShape, check: duration}},
	"file":  {"media_id": {need: 34010, check: mediaID}},
	"link": {
		"messageUrl": {need: 34009, check: openable}, "picUrl": {need: 34008},
		"title": {need: badShape}, "text": {need: badShape},
	},
	"markdown": {"title": {need: badShape}, "text": {need: badShape, max: 5000}},
	"action_card": {
		"title": {max: 64}, "markdown": {need: badShape, max: 5000},
		"single_title": {max: 20}, "single_url": {max: 500, check: openable},
		"btn_orientation": {check: orientation},
		"btn_json_list": {max: 1000, list: shape{
			"title": {need: badShape, max: 20}, "action_url": {need: badShape, max: 700, check: openable},
		}},
	},
	"oa": {
		"message_url": {need: 34009, check: openable}, "pc_message_url": {check: openable},
		"head":       {need: badShape, object: shape{"bgcolor": {need: badShape, check: matching(`^[0-9A-Fa-f]{8}$`)}, "text": {need: badShape}}},
		"status_bar": {object: shape{"status_value": {}, "status_bg": {check: matching(`^0x[0-9A-Fa-f]{8}$`)}}},
		"body": {need: badShape, object: shape{
			"title": {}, "content": {}, "author": {}, "image": {check: mediaID}, "file_count": {check: matching(`^[0-9]+$`)},
			"form": {list: shape{"key": {}, "value": {}}},
			"rich": {object: shape{"num": {}, "unit": {}}},
		}},
	},
}

func matching(pattern string) func(string) int {
	re := regexp.MustCompile(pattern)
	return func(s string) int {
		if re.MatchString(s) {
			return 0
		}
		return 40035
	}
}

func mediaID(s string) int {
	if strings.HasPrefix(s, "@") || strings.HasPrefix(s, "$") {
		return 0
	}
	return 40007
}

func duration(s string) int {
	if n, err := strconv.Atoi(s); err == nil && n >= 1 && n <= 59 {
		return 0
	}
	return 45007
}

func orientation(s string) int {
	if s == "0" || s == "1" {
		return 0
	}
	return 400002
}

// openable takes the schemes of DingTalk's documents on links.
func openable(s string) int {
	u, err := url.Parse(s)
	if err == nil && (u.Scheme == "eapp" || u.Host != "" && (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "dingtalk")) {
		return 0
	}
	return 40048
}

// checked is a message that is in order.
type checked struct {
	raw       []byte
	canonical []byte // JSON with sorted keys and no spaces
	msgtype   string
	statusBar *StatusBar // nil: none
	media     string     // the media id that it holds; "": none
	template  string     // its id, where it is sent by template
}

func checkMsg(raw []byte) (checked, *reply) {
	if len(raw) > message.MaxBytes {
		return checked{}, refuse(tooLong, fmt.Sprintf("会话消息的内容超长: msg has %d bytes, the most is %d", len(raw), message.MaxBytes))
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return checked{}, refuse(47001, "解析JSON/XML内容错误")
	}
	kind := str(fields, "msgtype")
	known := shapes[kind]
	if known == nil {
		return checked{}, refuse(40008, "不合法的消息类型: msgtype")
	}
	body, is := fields[kind].(map[string]any)
	if !is || len(fields) != 2 {
		return checked{}, refuse(badShape, "消息json结构不合法: msg must hold msgtype and "+kind+", and nothing else")
	}
	if code, where := known.faults(body, kind); code != 0 {
		return checked{}, refuse(code, "消息不合法: "+where)
	}
	if kind == "action_card" {
		if refused := checkButtons(body); refused != nil {
			return checked{}, refused
		}
	}
	canonical, err := json.Marshal(fields)
	if err != nil {
		return checked{}, refuse(47001, "解析JSON/XML内容错误")
	}
	msg := checked{raw: raw, canonical: canonical, msgtype: kind, media: str(body, "media_id")}
	if inner, is := body["body"].(map[string]any); is {
		msg.media = str(inner, "image")
	}
	if bar, is := body["status_bar"].(map[string]any); is {
		msg.statusBar = &StatusBar{Value: str(bar, "status_value"), Color: str(bar, "status_bg")}
	}
	return msg, nil
}

// str is a field that is a string, or "".
func str(object map[string]any, name string) string {
	s, _ := object[name].(string)
	return s
}

// faults returns the code of the first fault, in the order of the names, and
// where it is.
func (s shape) faults(object map[string]any, at string) (int, string) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, known := s[name]; !known {
			return badShape, at + "." + name + " is not a field"
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		f := s[name]
		value, given := object[name]
		switch {
		case !given && f.need != 0:
			return f.need, at + "." + name + " is missing"
		case given:
			if code, where := f.faults(value, at+"."+name); code != 0 {
				return code, where
			}
		}
	}
	return 0, ""
}

func (f field) faults(value any, at string) (int, string) {
	switch {
	case f.object != nil:
		if object, is := value.(map[string]any); is {
			return f.object.faults(object, at)
		}
		return badShape, at + " is not an object"
	case f.list != nil:
		return f.listFaults(value, at)
	}
	s, is := value.(string)
	switch {
	case !is:
		return badShape, at + " is not a string"
	case f.need != 0 && strings.TrimSpace(s) == "":
		return f.need, at + " is blank"
	case f.max > 0 && utf8.RuneCountInString(s) > f.max:
		return tooLong, fmt.Sprintf("%s has more than %d characters", at, f.max)
	case f.check != nil && s != "":
		return f.check(s), at + " is not valid"
	}
	return 0, ""
}

func (f field) listFaults(value any, at string) (int, string) {
	list, is := value.([]any)
	if !is || len(list) == 0 {
		return badShape, at + " is not a list, or empty"
	}
	for i, element := range list {
		object, is := element.(map[string]any)
		if !is {
			return badShape, fmt.Sprintf("%s[%d] is not an object", at, i)
		}
		if code, where := f.list.faults(object, fmt.Sprintf("%s[%d]", at, i)); code != 0 {
			return code, where
		}
	}
	if f.max > 0 {
		if text, err := json.Marshal(list); err != nil || utf8.RuneCount(text) > f.max {
			return tooLong, fmt.Sprintf("%s has more than %d characters as JSON", at, f.max)
		}
	}
	return 0, ""
}

// checkButtons: a card is of one style, whole. That both or neither are
// refused is a guess; the documents leave it open.
func checkButtons(card map[string]any) *reply {
	has := func(name string) bool { _, given := card[name]; return given }
	single, list := has("single_title") || has("single_url"), has("btn_orientation") || has("btn_json_list")
	switch {
	case single == list:
		return refuse(badShape, "消息json结构不合法: action_card takes single_title and single_url, or btn_orientation and btn_json_list")
	case single && (!has("single_title") || !has("single_url")):
		return refuse(badShape, "消息json结构不合法: action_card.single_title and single_url go together")
	case list && (!has("btn_orientation") || !has("btn_json_list")):
		return refuse(badShape, "消息json结构不合法: action_card.btn_orientation and btn_json_list go together")
	}
	return nil
}
