package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"workbell/message"
)

// known are the media ids that the tests' messages hold.
var known = []string{"@lADOADmaWMzazQKA", "$iAEKAqNwbmcDBgTNAk", "@x"}

// TestMessages holds what the documents say of each field of each type.
func TestMessages(t *testing.T) {
	t.Parallel()
	oa := func(body string) string {
		return `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"},` + body + `}}`
	}
	card := func(rest string) string {
		return `{"msgtype":"action_card","action_card":{"title":"t","markdown":"m",` + rest + `}}`
	}
	buttons := func(title, url string) string {
		return card(fmt.Sprintf(`"btn_orientation":"0","btn_json_list":[{"title":%q,"action_url":%q}]`, title, url))
	}
	link := func(length int) string { return "http://a.example/" + strings.Repeat("x", length-17) }
	for _, c := range []struct{ want, name, msg string }{
		{"0", "text", `{"msgtype":"text","text":{"content":"月会通知"}}`},
		{"0", "image", `{"msgtype":"image","image":{"media_id":"@lADOADmaWMzazQKA"}}`},
		{"0", "image with $", `{"msgtype":"image","image":{"media_id":"$iAEKAqNwbmcDBgTNAk"}}`},
		{"0", "voice", `{"msgtype":"voice","voice":{"media_id":"@lADOADmaWMzazQKA","duration":"59"}}`},
		{"0", "file", `{"msgtype":"file","file":{"media_id":"@x"}}`},
		{"0", "link", `{"msgtype":"link","link":{"messageUrl":"http://a.example","picUrl":"@lALOACZwe2Rk","title":"测试","text":"测试"}}`},
		{"0", "oa, whole", `{"msgtype":"oa","oa":{"message_url":"eapp://page","pc_message_url":"dingtalk://dingtalkclient/page/link?url=x",
			"head":{"bgcolor":"ffBBBBBB","text":"头部标题"},"status_bar":{"status_value":"进行中","status_bg":"0xFFF65E5E"},
			"body":{"title":"正文标题","form":[{"key":"姓名:","value":"张三"}],"rich":{"num":"15.6","unit":"元"},"content":"大段文本",
			"image":"@lADOADmaWMzazQKA","file_count":"3","author":"李四 "}}}`},
		{"0", "oa, bare", oa(`"body":{}`)},
		{"0", "markdown", `{"msgtype":"markdown","markdown":{"title":"t","text":"# 标题"}}`},
		{"0", "card, single", card(`"single_title":"查看详情","single_url":"https://open.dingtalk.com"`)},
		{"0", "card, list", card(`"btn_orientation":"1","btn_json_list":[{"title":"一个","action_url":"https://www.taobao.com"},{"title":"两个","action_url":"https://www.tmall.com"}]`)},
		{"0", "button of 20 and 700", buttons(strings.Repeat("按", 20), link(700))},

		{"40008", "no msgtype", `{"text":{"content":"x"}}`},
		{"40008", "unknown msgtype", `{"msgtype":"card","card":{}}`},
		{"40008", "msgtype a number", `{"msgtype":1}`},
		{"34014", "another's body", `{"msgtype":"text","markdown":{"title":"t","text":"x"}}`},
		{"34014", "two bodies", `{"msgtype":"text","text":{"content":"x"},"markdown":{"title":"t","text":"x"}}`},
		{"34014", "no body", `{"msgtype":"text"}`},
		{"34014", "body a string", `{"msgtype":"text","text":"x"}`},
		{"34014", "robot's field", `{"msgtype":"text","text":{"content":"x"},"at":{}}`},
		{"34014", "robot's card", `{"msgtype":"action_card","action_card":{"title":"t","text":"m","singleTitle":"x","singleURL":"http://a.example"}}`},
		{"34014", "content missing", `{"msgtype":"text","text":{}}`},
		{"34014", "content blank", `{"msgtype":"text","text":{"content":" \n"}}`},
		{"34014", "content a number", `{"msgtype":"text","text":{"content":1}}`},
		{"34014", "no title", `{"msgtype":"markdown","markdown":{"text":"x"}}`},
		{"34014", "no text", `{"msgtype":"markdown","markdown":{"title":"x"}}`},
		{"34008", "no image", `{"msgtype":"image","image":{}}`},
		{"34010", "no file", `{"msgtype":"file","file":{"media_id":""}}`},
		{"34011", "no voice", `{"msgtype":"voice","voice":{"duration":"1"}}`},
		{"40007", "media a URL", `{"msgtype":"image","image":{"media_id":"http://a.example/x.png"}}`},
		{"45007", "60 s", `{"msgtype":"voice","voice":{"media_id":"@x","duration":"60"}}`},
		{"45007", "0 s", `{"msgtype":"voice","voice":{"media_id":"@x","duration":"0"}}`},
		{"45007", "1.5 s", `{"msgtype":"voice","voice":{"media_id":"@x","duration":"1.5"}}`},
		{"34014", "duration a number", `{"msgtype":"voice","voice":{"media_id":"@x","duration":10}}`},
		{"34009", "link without URL", `{"msgtype":"link","link":{"picUrl":"@x","title":"t","text":"x"}}`},
		{"40048", "link to nowhere", `{"msgtype":"link","link":{"messageUrl":"javascript:alert(1)","picUrl":"@x","title":"t","text":"x"}}`},
		{"34008", "link without picture", `{"msgtype":"link","link":{"messageUrl":"http://a.example","title":"t","text":"x"}}`},
		{"34014", "link in snake case", `{"msgtype":"link","link":{"message_url":"http://a.example","pic_url":"@x","title":"t","text":"x"}}`},
		{"34009", "oa without URL", `{"msgtype":"oa","oa":{"head":{"bgcolor":"FFBBBBBB","text":"x"},"body":{}}}`},
		{"34014", "oa without head", `{"msgtype":"oa","oa":{"message_url":"http://a.example","body":{}}}`},
		{"34014", "oa without body", `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":"x"}}}`},
		{"40035", "bgcolor with 0x", `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"0xFFBBBBBB","text":"x"},"body":{}}}`},
		{"40035", "bgcolor of 6", `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"BBBBBB","text":"x"},"body":{}}}`},
		{"40035", "status_bg without 0x", oa(`"body":{},"status_bar":{"status_value":"x","status_bg":"FFF65E5E"}`)},
		{"34014", "form an object", oa(`"body":{"form":{"key":"a","value":"b"}}`)},
		{"34014", "form empty", oa(`"body":{"form":[]}`)},
		{"34014", "form of text", oa(`"body":{"form":["a"]}`)},
		{"34014", "rich.num a number", oa(`"body":{"rich":{"num":15.6,"unit":"元"}}`)},
		{"34014", "file_count a number", oa(`"body":{"file_count":3}`)},
		{"40035", "file_count a word", oa(`"body":{"file_count":"many"}`)},
		{"34014", "head text blank", `{"msgtype":"oa","oa":{"message_url":"http://a.example","head":{"bgcolor":"FFBBBBBB","text":""},"body":{}}}`},
		{"34014", "card, neither", `{"msgtype":"action_card","action_card":{"title":"t","markdown":"m"}}`},
		{"34014", "card, both", card(`"single_title":"a","single_url":"http://a.example","btn_orientation":"0","btn_json_list":[{"title":"b","action_url":"http://a.example"}]`)},
		{"34014", "single without URL", card(`"single_title":"a"`)},
		{"34014", "single without title", card(`"single_url":"http://a.example"`)},
		{"34014", "list without orientation", card(`"btn_json_list":[{"title":"b","action_url":"http://a.example"}]`)},
		{"34014", "orientation without list", card(`"btn_orientation":"0"`)},
		{"400002", "orientation 2", card(`"btn_orientation":"2","btn_json_list":[{"title":"b","action_url":"http://a.example"}]`)},
		{"34014", "list empty", card(`"btn_orientation":"0","btn_json_list":[]`)},
		{"34016", "single title of 21", card(`"single_title":"` + strings.Repeat("按", 21) + `","single_url":"http://a.example"`)},
		{"34016", "single URL of 501", card(`"single_title":"a","single_url":"` + link(501) + `"`)},
		{"34016", "button of 21", buttons(strings.Repeat("按", 21), "http://a.example")},
		{"34016", "button URL of 701", buttons("a", link(701))},
		{"34016", "buttons of 1,001", card(`"btn_orientation":"0","btn_json_list":[{"title":"a","action_url":"` + link(490) + `"},{"title":"b","action_url":"` + link(490) + `"}]`)},
		{"40048", "button to nowhere", buttons("a", "tel:110")},
		{"34016", "title of 65", `{"msgtype":"action_card","action_card":{"title":"` + strings.Repeat("x", 65) + `","markdown":"m","single_title":"a","single_url":"http://a.example"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, Options{Media: known})
			if a := r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":`+c.msg+`}`); a.code() != c.want {
				t.Errorf("%s, not %s", a.Raw, c.want)
			}
		})
	}
}

// TestMessageBytes: bytes of UTF-8 count, not characters, and those of msg as
// it came.
func TestMessageBytes(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	room := message.MaxBytes - len(text(""))
	for content, want := range map[string]string{
		strings.Repeat("x", room):                                   "0",
		strings.Repeat("x", room+1):                                 "34016",
		strings.Repeat("林", room/3) + strings.Repeat("x", room%3):   "0",
		strings.Repeat("林", room/3+1):                               "34016",
		strings.Repeat("🔔", room/4) + strings.Repeat("x", room%4+1): "34016",
	} {
		if a := r.send("u1", content); a.code() != want {
			t.Errorf("%d bytes: %s, not %s", len(text(content)), a.Raw, want)
		}
	}
	spaced := `{"msgtype":"text",` + strings.Repeat(" ", message.MaxBytes) + `"text":{"content":"x"}}`
	if a := r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":`+spaced+`}`); a.code() != "34016" {
		t.Errorf("with spaces: %s", a.Raw)
	}
}

// TestBuiltMessagesAreTaken: whatever package message makes passes here.
func TestBuiltMessagesAreTaken(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Media: known})
	long := strings.Repeat("延迟 **99** <b> & \"x\" \\u4f60 🔔\n", 300)
	for _, kind := range message.Kinds {
		v := message.Values{}
		for _, f := range kind.Fields {
			v[f.Name] = long
		}
		for name, value := range map[string]string{"media": "@x", "image": "@x", "picture": "@x", "duration": "10", "orientation": "1", "head_color": "", "status_color": "",
			"url": "http://a.example/?a=1&b=2", "pc_url": "", "file_count": "3", "status": "", "rich": "",
			"form":    message.Row("实例", long) + message.Row("b", ""),
			"buttons": message.Button("打开", "http://a.example/1") + message.Button("b", "http://a.example/2")} {
			if kind.Has(name) {
				v[name] = value
			}
		}
		built, err := message.Build(kind.Name, v, "http://a.example/event", 0)
		if err != nil {
			t.Errorf("%s: %v", kind.Name, err)
			continue
		}
		if a := r.post(PathSend, `{"agent_id":7,"userid_list":"u1","msg":`+string(built.Body)+`}`); a.code() != "0" {
			t.Errorf("%s: %s\n%s", kind.Name, a.Raw, built.Body)
		}
	}
}
