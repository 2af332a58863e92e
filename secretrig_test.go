package main

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"workbell/sandbox"
	"workbell/secret"
)

// mark is in every secret of TestNoSecretShows and in nothing else.
const mark = "Kan4ryS3cret"

// canary is a secret that can be told wherever it shows: plain, escaped or encoded.
// Its ends are other than mark, and need escaping in a URL and in JSON.
func canary(name string) string { return name + "&" + mark + "<+\"" + name }

// forms are mark as it shows in a text, in base64 at each place in the three bytes
// that it may begin at, and in hex.
var forms = func() []string {
	all := []string{mark, hex.EncodeToString([]byte(mark))}
	for before := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", before) + mark))
		all = append(all, encoded[(before*8+5)/6:len(encoded)-4]) // without what neighbours have a part in
	}
	return all
}()

// shows returns the secret that text holds, in whatever form, with what is around.
func shows(text string, tokens ...string) (where string, ok bool) {
	for _, form := range append(tokens, forms...) {
		if i := strings.Index(strings.ToLower(text), strings.ToLower(form)); i >= 0 {
			return text[max(0, i-120):min(len(text), i+len(form)+40)], true
		}
	}
	return "", false
}

// tattler is DingTalk at its worst: as mode says it answers, or fails in a way that
// tells all that it was told.
type tattler struct {
	sandbox http.Handler

	mu     sync.Mutex
	mode   string
	told   map[string]int // calls in each mode
	tokens []string       // that it gave out and saw again
}

func (f *tattler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	mode := f.mode
	f.told[mode]++
	if token := r.URL.Query().Get("access_token"); token != "" && !slices.Contains(f.tokens, token) {
		f.tokens = append(f.tokens, token)
	}
	f.mu.Unlock()
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	all := r.URL.String() + " " + r.URL.Query().Encode() + fmt.Sprint(r.Header)
	switch mode {
	case "errmsg":
		_, _ = fmt.Fprintf(w, `{"errcode":34014,"errmsg":%q,"request_id":%q}`, all, all)
	case "credentials":
		_, _ = fmt.Fprintf(w, `{"errcode":40001,"sub_code":%q,"errmsg":%q}`, all, all)
	case "page":
		w.WriteHeader(http.StatusBadGateway)
		_, _ = fmt.Fprintf(w, "<html>%s</html>", all)
	case "redirect":
		http.Redirect(w, r, "http://127.0.0.1:1/"+r.URL.String(), http.StatusFound)
	case "cut":
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", all)
			_ = conn.Close()
		}
	default:
		f.sandbox.ServeHTTP(w, r)
	}
}

func (f *tattler) be(mode string) { f.mu.Lock(); f.mode = mode; f.mu.Unlock() }

func (f *tattler) calls(mode string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.told[mode]
}

// secretRig is a bridge with a canary in every place where a secret may stand, and
// all that it has said.
type secretRig struct {
	*testing.T
	*process
	far  *tattler
	dir  string
	said map[string]string
	web  *http.Client
}

func newSecretRig(t *testing.T) *secretRig {
	t.Helper()
	s := sandbox.New(sandbox.Options{AdoptUnknown: true, Apps: []sandbox.App{
		{Name: "ops", Key: "key", Secret: secret.New(canary("ops")), AgentID: 7},
		{Name: "vendor", Key: "suite", Secret: secret.New(canary("suite")), AgentID: 8, ThirdParty: true, SuiteTicket: canary("ticket"), CorpID: "dingcorp1"},
	}})
	far := &tattler{sandbox: s.Handler(), told: map[string]int{}}
	server := httptest.NewServer(far)
	t.Cleanup(func() { s.Close(); server.Close() })
	r := &secretRig{T: t, process: &process{log: &syncBuffer{}}, far: far, dir: t.TempDir(), said: map[string]string{}}
	r.web = &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // loopback
	writeFile(t, r.dir, "rules.yaml", fmt.Sprintf(secretRules, server.URL))
	for _, name := range []string{"suite", "ticket", "am", "password"} {
		writeFile(t, r.dir, name, canary(name)+"\n")
	}
	writeFile(t, r.dir, "templates/json.tmpl", secretTemplates)
	r.writeWebConfig()
	r.start()
	return r
}

// start starts the bridge with a storage and secrets out of its environment.
func (r *secretRig) start() {
	r.cmd = exec.Command(os.Args[0], "serve", "--web.listen-address=127.0.0.1:0", "--admin.listen-address=127.0.0.1:0", "--admin.config.file=admin.yml",
		"--admin.pprof", "--log.level=debug", "--config.auto-reload-interval=0")
	r.cmd.Dir, r.cmd.SysProcAttr = r.dir, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	r.cmd.Env = append(os.Environ(), actAsWorkbell+"=1", "OPS_SECRET="+canary("ops"), "GITLAB_TOKEN="+canary("gitlab"), "GOTRACEBACK=all")
	r.cmd.Stderr, r.cmd.Stdout = r.log, r.log
	if err := r.cmd.Start(); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = r.cmd.Process.Kill() })
	r.hooks = r.listening(r.T, "hooks")
	r.admin = strings.Replace(r.listening(r.T, "admin"), "http:", "https:", 1)
}

// hear notes what was said.
func (r *secretRig) hear(where, text string) { r.said[where] += text + "\n" }

// ask asks the admin address and notes the answer, its headers too.
func (r *secretRig) ask(method, path, body string, password string) (int, string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, r.admin+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.SetBasicAuth("ops", password)
	res, err := r.web.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatal(err)
	}
	r.hear(method+" "+path, fmt.Sprint(res.Header)+string(text))
	return res.StatusCode, string(text)
}

// post posts a webhook and notes the answer.
func (r *secretRig) post(source, body string, header ...string) int {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.hooks+"/hooks/"+source, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	r.hear("POST /hooks/"+source, fmt.Sprint(res.Header)+string(text))
	return res.StatusCode
}

var consoleLink = regexp.MustCompile(`href="(/[^"]*)"`)

// crawl follows the console's links from its first page.
func (r *secretRig) crawl() (pages int) {
	r.Helper()
	queue := []string{"/"}
	for seen := map[string]bool{}; len(queue) > 0 && pages < 150; queue = queue[1:] {
		path := strings.ReplaceAll(queue[0], "&amp;", "&")
		if seen[path] {
			continue
		}
		seen[path] = true
		pages++
		_, page := r.ask(http.MethodGet, path, "", canary("password"))
		for _, m := range consoleLink.FindAllStringSubmatch(page, -1) {
			queue = append(queue, m[1])
		}
	}
	return pages
}
