package console

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPhrasesAreSaid holds the wordings that are translated to the sources: each
// stands there, between its verbs, as it is looked for.
func TestPhrasesAreSaid(t *testing.T) {
	t.Parallel()
	var sources strings.Builder
	for _, dir := range []string{"transform", "routes", "dispatch", "followup", "dingtalk", "outbox"} {
		err := fs.WalkDir(os.DirFS(".."), dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile("../" + path)
			sources.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	said := regexp.MustCompile(`%[-.0-9]*[a-z]`).ReplaceAllString(sources.String(), "%")
	for _, p := range phrasebooks()["zh"] {
		for _, piece := range verb.Split(p.key, -1) {
			piece = strings.Trim(piece, ` :;,()`)
			if piece = strings.TrimSuffix(piece, "s"); !strings.Contains(said, piece) { // plurals are made
				t.Errorf("nobody says %q (any more), which %q translates", piece, p.key)
			}
		}
		if n := strings.Count(p.said, "%s"); n != len(p.kinds) || strings.Count(p.said, "%") != n {
			t.Errorf("%q fills in %d parts, %q has %d", p.said, n, p.key, len(p.kinds))
		}
	}
}

// TestSay translates what is composed of several wordings, and leaves alone what
// is not ours.
func TestSay(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":            "",
		"hello world": "hello world",
		`severity == "critical" is false: severity is "none"`:                                                                    `severity == "critical" 不成立：severity 为 "none"`,
		`a && b is false: labels.x is "1, 2; 3: 4", hour() is 3, payload is {"a":"b, c"}`:                                        `a && b 不成立：labels.x 为 "1, 2; 3: 4"，hour() 为 3，payload 为 {"a":"b, c"}`,
		"not asked: it is queued matched and ended it":                                                                           "未询问：it is queued 已匹配并结束",
		"u42: the employee has already received the same content today; sent again; u7: DingTalk could not pass it on":           "u42: 该员工今天已收到过相同内容；已重发；u7: 钉钉未能转达",
		"sending a work notification: DingTalk answered 34016 (the message is too long): the message is too long [request_id 1]": "发送工作通知：钉钉返回 34016（消息过长）：the message is too long [request_id 1]",
		"recall asked for by recalled by me":                                                                                     "已请求撤回（recalled by me）",
		"it is refused: nothing was sent that could be taken back":                                                               "状态为被拒绝：没有发出可以撤回的内容",
		`status bar turned to "Resolved · 10:31", 0xFF78C06E`:                                                                    `状态栏已改为 "Resolved · 10:31"（0xFF78C06E）`,
		"status bar not turned (its task id is lost); the end is sent as a notification":                                         "状态栏未能更改（其任务号已丢失）；恢复改以通知发送",
		"sent again to everyone, 2 users":                                                                                        "已重发给 所有人，2 人",
	} {
		if got := phrasebooks()["zh"].say(said); got != want {
			t.Errorf("%s\n is said %s\n     not %s", said, got, want)
		}
		if got := phrasebooks()["en"].say(said); got != said {
			t.Errorf("in English %q became %q", said, got)
		}
	}
	for _, hostile := range []string{strings.Repeat("; ", 900), strings.Repeat("it is %s ", 200), strings.Repeat("(", 1900), strings.Repeat("a: b; ", 300)} {
		if got := phrasebooks()["zh"].say(hostile); len(got) < len(hostile)/2 {
			t.Errorf("of %.20s… is left %.20s…", hostile, got)
		}
	}
}
