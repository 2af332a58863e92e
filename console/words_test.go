package console

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"workbell/dispatch"
	"workbell/message"
	"workbell/outbox"
)

var verbs = regexp.MustCompile(`%[a-z]`)

// TestCatalogues holds the languages to the same keys with the same verbs, and
// pages and code to the keys that there are.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	en := catalogues()["en"]
	for lang, w := range catalogues() {
		if d := cmp.Diff(slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(w))); d != "" {
			t.Errorf("text/%s.json has other keys (-en +%s):\n%s", lang, lang, d)
		}
		for key, text := range w {
			if d := cmp.Diff(verbs.FindAllString(en[key], -1), verbs.FindAllString(text, -1)); d != "" {
				t.Errorf("text/%s.json: %s fills in otherwise than in English:\n%s", lang, key, d)
			}
		}
	}
	used := regexp.MustCompile(`\bt "([a-z0-9.]+)"`)
	err := fs.WalkDir(pageFiles, "page", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(pageFiles, path)
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			if en[m[1]] == "" {
				t.Errorf("%s names %s, which no catalogue has", path, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range outbox.States {
		if en["state."+string(s)] == "" {
			t.Errorf("the state %s has no name", s)
		}
	}
	for _, r := range []dispatch.Reason{dispatch.Throttled, dispatch.Outage, dispatch.Misconfigured, dispatch.QuotaUsedUp} {
		if en["trouble."+string(r)] == "" {
			t.Errorf("the trouble %s has no name", r)
		}
	}
	for _, a := range Actions {
		for _, of := range []string{"act.", "ask.", "means.", "done."} {
			if en[of+a] == "" {
				t.Errorf("there is no %s%s", of, a)
			}
		}
	}
}

func TestLanguageOf(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{
		"": "en", "en-US,en;q=0.9": "en", "zh": "zh", "zh-CN,zh;q=0.9,en;q=0.8": "zh", "zh-Hans": "zh", "zh-TW": "zh", "en,zh;q=0.5": "en", "fr": "en", "fr,zh;q=0.1": "zh",
		"*": "en", ";;;": "en", strings.Repeat("zh,", 9999): "zh",
	} {
		if got := languageOf(accept); got != want {
			t.Errorf("languageOf(%.40q) = %s, not %s", accept, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for d, want := range map[time.Duration]string{
		0: "now", 4 * time.Second: "now", 59 * time.Second: "59 s ago", time.Minute: "1 min ago", 47 * time.Hour: "47 h ago", 49 * time.Hour: "2 d ago", -90 * time.Second: "in 1 min",
	} {
		if got := catalogues()["en"].age(now.Add(-d), now); got != want {
			t.Errorf("%v: %s, not %s", d, got, want)
		}
	}
}

func TestRecipients(t *testing.T) {
	t.Parallel()
	to := message.Recipients{Users: []string{"u1", "u2"}, Depts: []message.Dept{{ID: 7}}, Mobiles: []string{"138"}}
	for most, want := range map[int]string{1: "u1 +3", 3: "u1, u2, dept 7 +1", 9: "u1, u2, dept 7, tel 138"} {
		if got := catalogues()["en"].recipients(to, most); got != want {
			t.Errorf("%d of them: %s, not %s", most, got, want)
		}
	}
	if got := catalogues()["zh"].recipients(message.Recipients{}, 3); got != "无人" {
		t.Errorf("nobody is %s", got)
	}
}
