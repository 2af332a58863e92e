package message

import "testing"

func TestHeadline(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"msgtype":"text","text":{"content":"\n disk full \nmore"}}`:                                          "disk full",
		`{"msgtype":"markdown","markdown":{"title":"Disk full","text":"### other"}}`:                           "Disk full",
		`{"msgtype":"markdown","markdown":{"title":"","text":"### **磁盘** 已满\n- a"}}`:                           "磁盘** 已满",
		`{"msgtype":"oa","oa":{"message_url":"","head":{"bgcolor":"","text":"h"},"body":{"title":"On fire"}}}`: "On fire",
		`{"msgtype":"image","image":{"media_id":"@m"}}`:                                                        "",
		`nonsense`: "",
	} {
		if got := Headline([]byte(body)); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}
