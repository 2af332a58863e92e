package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"workbell/config"
	"workbell/message"
	"workbell/outbox"
	"workbell/outbox/sqlite"
)

// page is what a browser of that language gets.
func (c *Console) page(t *testing.T, path, language string) string {
	t.Helper()
	e := echo.New()
	c.Mount(e)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Accept-Language", language)
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

// TestSearchGoesOn says how far a search came that has looked at as much as one
// page may, and goes on from there until it finds what there is.
func TestSearchGoesOn(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var entries []outbox.Entry
	for n := range 2*perLook + 1 {
		title := "noise"
		if n == 0 {
			title = "the needle"
		}
		entries = append(entries, outbox.Entry{Event: outbox.Event{Source: "s", Kind: "json", Title: title, Received: time.Now()}, Messages: []outbox.Message{{
			Rule: "r", App: "ops", Msgtype: "text", Body: fmt.Appendf(nil, `{"msgtype":"text","text":{"content":"%d"}}`, n), Calls: []message.Recipients{{Users: []string{"u1"}}}}}})
	}
	if _, err := store.Enqueue(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	c := New(Options{Store: store, Apps: func() []App { return nil }, Rules: func() Rules { return Rules{Config: &config.Config{}} }})
	c.most = 1
	further := regexp.MustCompile(`href="([^"]+)"[^>]*>Search further`)
	for _, path := range []string{"/?q=needle", "/why?q=needle"} {
		for pages := 1; ; pages++ {
			page := c.page(t, path, "en")
			if strings.Contains(page, "the needle") {
				if pages != 3 || strings.Contains(page, "Nothing") {
					t.Errorf("%s: found on page %d", path, pages)
				}
				break
			}
			next := further.FindStringSubmatch(page)
			if next == nil || !strings.Contains(page, "Nothing matches so far.") || !strings.Contains(page, "Searched back to ") {
				t.Fatalf("%s does not say how it goes on:\n%s", path, page)
			}
			path = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
}

// TestOverviewSays tells in both languages what is given up as the month's calls
// run low, and why an app waits.
func TestOverviewSays(t *testing.T) {
	t.Parallel()
	store, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "outbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	used := 0
	c := New(Options{Store: store, Rules: func() Rules { return Rules{Config: &config.Config{}} },
		Budget: func() outbox.Budget { return outbox.Budget{Used: used, Limit: 100} },
		Apps: func() []App {
			return []App{{Name: "ops", Trouble: "misconfigured", FollowsNot: "too many calls", FollowsAt: time.Now().Add(90 * time.Minute), UserKey: func(user, date string) string { return user + date }, UserLimit: 500}}
		},
	})
	for n, want := range map[int][2]string{
		10: {"somebody must act", "需要有人处理"},
		11: {"Follow-ups go on in 1 h", "后续操作将在1 小时后继续"},
		12: {"too many calls", "调用过多"},
		90: {"nobody asks what became of messages", "不再查询消息的结果"},
		95: {"low priority is gathered by the hour", "低优先级按小时汇总"},
	} {
		used = n
		for i, language := range []string{"en", "zh"} {
			if page := c.page(t, "/overview", language); !strings.Contains(page, want[i]) {
				t.Errorf("%d %% in %s: the overview does not say %q", n, language, want[i])
			}
		}
	}
}
