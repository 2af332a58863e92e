package sandbox

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Every text of the page has its Chinese, with the same verbs, and no Chinese is
// without a text.
func TestWords(t *testing.T) {
	t.Parallel()
	used := map[string]bool{"for the reason %s": true}
	for _, m := range regexp.MustCompile(`\.T "([^"]+)"`).FindAllStringSubmatch(asset("page/page.html"), -1) {
		used[m[1]] = true
	}
	for _, fate := range fates {
		used[fate] = true
	}
	if len(used) < 30 {
		t.Fatalf("only %d texts", len(used))
	}
	verbs := regexp.MustCompile(`%[a-z]|LIMIT`)
	for english := range used {
		text, ok := chinese[english]
		if !ok || strings.Join(verbs.FindAllString(english, -1), "") != strings.Join(verbs.FindAllString(text, -1), "") {
			t.Errorf("%q is %q in Chinese", english, text)
		}
	}
	for english := range chinese {
		if !used[english] {
			t.Errorf("%q is nowhere on the page", english)
		}
	}
}

// The page is in the language that the browser asks for, reasons included, and
// has no word of English left where that is Chinese.
func TestPageInChinese(t *testing.T) {
	t.Parallel()
	r := open(t, Options{})
	r.sent("u2", "a")
	r.sent("u2", "a")
	for accept, lang := range map[string]string{"zh-CN,zh;q=0.9,en;q=0.8": "zh-CN", "zh-TW": "zh-CN", "en-GB,zh;q=0.5": "en", "fr": "en", "": "en", ";;q=": "en"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+"/?user=u2", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Language", accept)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		page := string(text)
		has(t, page, `<html lang="`+lang+`">`)
		if lang == "zh-CN" {
			has(t, page, "员工", "工作通知", `data-yes="实时"`, `data-single="新通知。"`, "该员工今天已从此应用收到过相同内容", "再发一次")
		}
		for english := range chinese {
			if lang == "zh-CN" && !strings.Contains(english, "%") && len(english) > 6 && strings.Contains(page, ">"+english+"<") {
				t.Errorf("%s: %q is left in English", accept, english)
			}
		}
	}
}
