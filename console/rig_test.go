package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"workbell/bridge"
)

// within bounds each wait for a browser, patience that for a delivery: DingTalk
// is asked for a result a minute after it was sent.
const (
	within   = 20 * time.Second
	patience = 90 * time.Second
)

// rig is a bridge with its stand-in for DingTalk, and a browser to look at it.
type rig struct {
	*testing.T
	bridge *bridge.Bridge
	admin  string
	stop   context.CancelFunc // of the bridge
}

func newRig(t *testing.T) *rig {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	b, err := bridge.Start(ctx, bridge.Options{
		Files:   bridge.Files{Config: "testdata/rules.yaml", Embedded: os.DirFS(".."), Sandbox: true},
		Storage: "sqlite:" + filepath.Join(t.TempDir(), "workbell.db"), MaxBacklog: 1000,
		HooksAddress: "127.0.0.1:0", AdminAddress: "127.0.0.1:0", SandboxAddress: "127.0.0.1:0",
		Version: "test", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the bridge did not stop well: %v", err)
		}
	})
	return &rig{t, b, b.URL("admin"), stop}
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// hook posts a webhook and returns the ids of the event and its deliveries.
func (r *rig) hook(source, body string, headers ...string) (event string, deliveries []string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.bridge.URL("hooks")+"/hooks/"+source, strings.NewReader(body))
	r.ok(err)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	r.ok(err)
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Events     []string
		Deliveries []struct{ ID string }
		Detail     string
	}
	r.ok(json.NewDecoder(res.Body).Decode(&answer))
	if res.StatusCode != http.StatusAccepted {
		r.Fatalf("POST /hooks/%s: %d %s", source, res.StatusCode, answer.Detail)
	}
	for _, d := range answer.Deliveries {
		deliveries = append(deliveries, d.ID)
	}
	return answer.Events[0], deliveries
}

// alert posts one of Alertmanager's notifications.
func (r *rig) alert(name, severity, status, summary string) (event string, deliveries []string) {
	r.Helper()
	return r.hook("alertmanager", fmt.Sprintf(`{"version":"4","groupKey":%[1]s,"status":%[3]s,"receiver":"workbell",
		"groupLabels":{"alertname":%[1]s},"externalURL":"http://alertmanager.example:9093",
		"commonLabels":{"alertname":%[1]s,"severity":%[2]s,"service":"checkout","env":"prod"},
		"commonAnnotations":{"summary":%[4]s,"runbook_url":"https://runbooks.example/checkout"},
		"alerts":[{"status":%[3]s,"labels":{"alertname":%[1]s,"severity":%[2]s,"instance":"web-1:8080"},"annotations":{"summary":%[4]s},
		"startsAt":"2026-11-22T03:04:05Z","endsAt":"2026-11-22T03:14:05Z","generatorURL":"http://prometheus.example:9090/graph","fingerprint":"a1b2"}]}`,
		quoted(name), quoted(severity), quoted(status), quoted(summary)))
}

// get reads an answer of the admin listener.
func (r *rig) get(path string, headers ...string) (*http.Response, string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.admin+path, nil)
	r.ok(err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	r.ok(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	r.ok(err)
	return res, string(body)
}

// until waits for a delivery to be in one of the states.
func (r *rig) until(id string, states ...string) {
	r.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var d struct{ State, Reason string }
		_, body := r.get("/api/v1/deliveries/" + id)
		r.ok(json.Unmarshal([]byte(body), &d))
		for _, s := range states {
			if d.State == s {
				return
			}
		}
		if time.Now().After(end) {
			r.Fatalf("delivery %s is %s (%s), not %v", id, d.State, d.Reason, states)
		}
	}
}

// chromium is the one browser of all tests, each of which has a profile of its
// own in it.
var chromium = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	stops = append(stops, stop)
	browser, stop := chromedp.NewContext(allocator)
	stops = append(stops, stop)
	err := chromedp.Do(browser)
	if err != nil {
		err = fmt.Errorf("starting Chromium: %w (make packages installs it)", err)
	}
	return browser, err
})

var stops []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(stops) - 1; i >= 0; i-- {
		stops[i]()
	}
	os.Exit(code)
}

// look says how a browser looks at pages.
type look struct {
	width, height int64 // default 1280 × 900
	dark          bool
	language      string // default en
	scale         float64
}

// browser opens a browser.
func (r *rig) browser(l look) *tab {
	r.Helper()
	browser, err := chromium()
	r.ok(err)
	ctx, stop := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	r.Cleanup(stop)
	if l.width == 0 {
		l.width, l.height = 1280, 900
	}
	if l.language == "" {
		l.language = "en"
	}
	if l.scale == 0 {
		l.scale = 1
	}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	t := &tab{rig: r, ctx: ctx}
	t.do(
		command(network.Enable, network.EnableParams{}),
		command(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": l.language}}),
		command(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}),
		command(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}), // tabs of other tests have it, too
		chromedp.EmulateViewport(l.width, l.height, chromedp.EmulateScale(l.scale)))
	return t
}

// tab is a page in a browser.
type tab struct {
	*rig
	ctx   context.Context
	begun bool
}

// action is what returns nothing.
type action = chromedp.Action[chromedp.Void]

func command[P, R any](c cdp.Command[P, R], params P) action {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// do runs actions within a bound.
func (t *tab) do(actions ...action) {
	t.Helper()
	if err := t.try(chromedp.Steps(actions...)); err != nil {
		t.fail(err)
	}
}

func (t *tab) try(a action) error {
	if !t.begun { // the context of the first is the tab's own
		if err := chromedp.Do(t.ctx); err != nil {
			return err
		}
		t.begun = true
	}
	ctx, stop := context.WithTimeout(t.ctx, within)
	defer stop()
	_, err := chromedp.Run(ctx, a)
	return err
}

// fail ends the test with what the page says.
func (t *tab) fail(err error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.ctx, within)
	defer stop()
	page, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	t.Fatalf("%v\n%s", err, page)
}

// open opens a page of the console.
func (t *tab) open(path string) {
	t.Helper()
	t.do(chromedp.Navigate(t.admin+path), chromedp.WaitVisible(chromedp.CSS("main")))
}

// see waits until a condition, in JavaScript, holds. Pages may come and go
// meanwhile.
func (t *tab) see(condition string) {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(30 * time.Millisecond) {
		ctx, stop := context.WithTimeout(t.ctx, within)
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")"))
		stop()
		if is {
			return
		}
		if time.Now().After(end) {
			t.fail(fmt.Errorf("in vain waited for %s: %w", condition, err))
		}
	}
}

// says waits until one of the elements' texts holds something.
func (t *tab) says(selector, text string) {
	t.Helper()
	t.see(fmt.Sprintf(`[...document.querySelectorAll(%s)].some((e) => e.textContent.includes(%s))`, quoted(selector), quoted(text)))
}

func quoted(s string) string { b, _ := json.Marshal(s); return string(b) }

// eval returns what JavaScript says.
func eval[T any](t *tab, script string) T {
	t.Helper()
	ctx, stop := context.WithTimeout(t.ctx, within)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.fail(err)
	}
	return v
}

// click and write are what people do. Each finds its element in one step of the
// page's: between finding it and using it, a page that is live may exchange it.
func click(selector string) action { return found(selector, "e.focus(); e.click()") }

// write puts the text to what the element has, by keys.
func write(selector, text string) action {
	focus, keys := found(selector, "e.focus()"), chromedp.KeyEvent(text)
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if v, err := focus(ctx, t); err != nil {
			return v, err
		}
		return keys(ctx, t)
	}
}

// found waits for an element, e, and does something with it.
func found(selector, do string) action {
	return chromedp.Evaluate[chromedp.Void](`new Promise((done) => { const go = () => {
		const e = document.querySelector(`+quoted(selector)+`);
		if (!e) { setTimeout(go, 30); return; }
		`+do+`; done();
	}; go(); })`, chromedp.EvalAwaitPromise)
}
