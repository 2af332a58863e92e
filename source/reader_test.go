package source

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/template"
)

// agrees holds the reader against encoding/json: what it reads, it reads alike.
func agrees(t *testing.T, body []byte) (read bool) {
	t.Helper()
	body, err := tidy(body)
	if err != nil {
		return false
	}
	var quick, slow Notification
	if !quick.quick(body) {
		return false
	}
	if err := json.Unmarshal(body, &slow); err != nil {
		t.Fatalf("encoding/json refuses what the reader takes: %v", err)
	}
	if !reflect.DeepEqual(quick, slow) {
		t.Errorf("the reader reads it otherwise (-encoding/json +reader):\n%s", cmp.Diff(slow.Data, quick.Data, cmp.Exporter(func(reflect.Type) bool { return true })))
	}
	return true
}

// What Alertmanager and Grafana send never takes the slow way.
func TestReaderReadsWhatIsSent(t *testing.T) {
	t.Parallel()
	bodies := payloads(t, "testdata/alertmanager/*.json")
	maps.Copy(bodies, payloads(t, "testdata/grafana/*.json"))
	for file, body := range bodies {
		if !agrees(t, body) && !strings.Contains(file, "odd") {
			t.Errorf("%s: the reader gave up", file)
		}
	}
}

// Where encoding/json may see it otherwise the reader gives up; it never
// guesses. The result is the same either way.
func TestReaderGivesUp(t *testing.T) {
	t.Parallel()
	around := func(member string) string {
		return `{"version":"4","groupKey":"{}","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"a"}}],` + member + `}`
	}
	for name, c := range map[string]struct {
		body string
		read bool
	}{
		"nothing odd":                {around(`"truncatedAlerts":-3`), true},
		"an unknown name":            {around(`"orgId":1,"nested":{"a":[{}],"b":null}`), true},
		"space around it":            {" \r\n\t" + around(`"receiver": "r"`) + "\n ", true},
		"escapes":                    {around(`"receiver":"a\"\\\/\b\f\n\r\t\u4e2d\ud83d\ude00"`), true},
		"an escaped name":            {around(`"r\u0065ceiver":"r"`), true},
		"labels of no name":          {around(`"commonLabels":{"":"","a":"b"}`), true},
		"a label twice":              {around(`"commonLabels":{"a":"b","a":"c"}`), true},
		"a string twice":             {around(`"receiver":"a","receiver":"b"`), true},
		"labels twice are joined":    {around(`"commonLabels":{"a":"b","x":"y"},"commonLabels":{"a":"c"}`), true},
		"a replacement character":    {around(`"receiver":"a` + "\xff" + `"`), true},
		"words, passed":              {around(`"x":[true,false,null,-0.1e+2,[],{}]`), true},
		"space everywhere":           {around(" \"x\" : [ 1 , \"\\n\" , { \"a\" : { } } ]\t, \"commonLabels\" :\n{ \"a\" : \"b\" , \"c\" : \"d\" } ,\r\"truncatedAlerts\" : 3 "), true},
		"no alerts":                  {`{"version":"4","groupKey":"{}","alerts":[]}`, true},
		"alerts twice":               {around(`"alerts":[{"fingerprint":"f"}]`), false},
		"other case":                 {around(`"Receiver":"r"`), false},
		"other case, within":         {around(`"x":1,"alerts":[{"STARTSAT":"2026-01-02T03:04:05Z"}]`), false},
		"folded beyond ASCII":        {around(`"ſtatus":"resolved"`), false},
		"null":                       {around(`"receiver":null`), false},
		"null labels":                {around(`"commonLabels":null`), false},
		"a null alert":               {`{"version":"4","groupKey":"{}","alerts":[null]}`, false},
		"a null label":               {around(`"commonLabels":{"a":null}`), false},
		"half a surrogate":           {around(`"receiver":"\ud800"`), false},
		"a number with an exponent":  {around(`"truncatedAlerts":1e1`), false},
		"a number with a zero first": {around(`"truncatedAlerts":01`), false},
		"a number with a plus":       {around(`"truncatedAlerts":+1`), false},
		"less than zero, and zero":   {around(`"truncatedAlerts":-0`), false},
		"a number beyond int":        {around(`"truncatedAlerts":99999999999999999999`), false},
		"a time without a zone":      {around(`"x":1,"alerts":[{"startsAt":"2026-01-02T03:04:05"}]`), false},
		"a time with an escape":      {around(`"x":1,"alerts":[{"startsAt":"\u0032026-01-02T03:04:05Z"}]`), false},
		"a comma too many, within":   {around(`"commonLabels":{"a":"b",}`), false},
		"a comma too many, passed":   {around(`"x":[1,]`), false},
		"a comma too few":            {around(`"commonLabels":{"a":"b""c":"d"}`), false},
		"no colon":                   {around(`"commonLabels":{"a" "b"}`), false},
		"no word":                    {around(`"x":tru`), false},
		"brackets that do not fit":   {around(`"x":[{]}`), false},
		"an escape that is none":     {around(`"x":"\a"`), false},
		"an escape cut off":          {`{"version":"\`, false},
		"a string cut off":           {`{"version`, false},
		"nothing":                    {``, false},
		"more after it":              {around(`"x":1`) + "{}", false},
		"cut off":                    {strings.TrimSuffix(around(`"x":1`), "}"), false},
		"a control character":        {around("\"receiver\":\"a\x01b\""), false},
		"a bad value that is passed": {around(`"orgId":01`), false},
		"a comma too many":           {around(`"x":1,`), false},
		"a list":                     {`[]`, false},
		"null alone":                 {`null`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if read := agrees(t, []byte(c.body)); read != c.read {
				t.Errorf("the reader read it: %t, want %t", read, c.read)
			}
		})
	}
}

// A name in other case is read all the same, as encoding/json always did.
func TestReaderFallsBack(t *testing.T) {
	t.Parallel()
	e := one(t, mustNew(t, Spec{Kind: Alertmanager}), http.Header{}, []byte(
		`{"VERSION":"4","groupkey":"{}","status":"firing","Alerts":[{"Status":"firing","Labels":{"alertname":"A"}}],"truncatedAlerts":2,"receiver":null}`))
	if e.Title != "A: 1 firing, 2 more" || e.Alerts.TruncatedAlerts != 2 || e.GroupKey != "{}" {
		t.Errorf("title %q, %d truncated, group %q", e.Title, e.Alerts.TruncatedAlerts, e.GroupKey)
	}
	if got := e.Alerts.Alerts[0].Labels["alertname"]; got != "A" {
		t.Errorf("alertname %q", got)
	}
}

// The page's address is put together from parts as it would be from the whole.
func TestAlertmanagerURL(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://am.example:9093":         "http://am.example:9093/#/alerts?receiver=a%20b&filter=%7Bx%3D%22%E4%B8%AD%2F%23%26%22%7D",
		"http://am.example/prefix//":     "http://am.example/prefix/#/alerts?receiver=a%20b&filter=%7Bx%3D%22%E4%B8%AD%2F%23%26%22%7D",
		"http://am.example/a b":          "http://am.example/a%20b/#/alerts?receiver=a%20b&filter=%7Bx%3D%22%E4%B8%AD%2F%23%26%22%7D",
		"":                               "",
		"am.example":                     "",
		"javascript:alert(1)":            "",
		"http://u:p@am.example":          "",
		"http://am.example/" + long(2e3): "",
	} {
		n := &Notification{}
		n.Receiver, n.ExternalURL, n.GroupLabels = "a b", base, map[string]string{"x": "中/#&"}
		if got := n.url(); got != want {
			t.Errorf("%.40q: %q, want %q", base, got, want)
		}
		page := "/#/alerts?receiver=" + query(n.Receiver) + "&filter=" + query(matchers(n.GroupLabels))
		if got := n.url(); base != "" && got != link(strings.TrimRight(base, "/")+page) {
			t.Errorf("%.40q: %q, from the whole %q", base, got, link(strings.TrimRight(base, "/")+page))
		}
	}
}

// TestSorted holds Sorted to what it stands in for.
func TestSorted(t *testing.T) {
	t.Parallel()
	for _, kv := range []template.KV{nil, {}, {"b": "1", "a": "2"}, {"b": "1", "alertname": "2", "a": "3", "": "4", "alertnames": "5"}} {
		if d := cmp.Diff(kv.SortedPairs(), Sorted(kv)); d != "" {
			t.Errorf("%v: -want +got\n%s", map[string]string(kv), d)
		}
	}
}

// Labels stand in the order that Alertmanager's own templates have.
func TestMatchersAreInOrder(t *testing.T) {
	t.Parallel()
	labels := template.KV{}
	for _, name := range strings.Fields("b a alertname z zone Env _x 中 0 ") {
		labels[name] = "v\"" + name
		var want strings.Builder
		for _, p := range labels.SortedPairs() {
			want.WriteString("," + matcherName(p.Name) + "=" + quote(p.Value))
		}
		if got := matchers(labels); got != "{"+want.String()[1:]+"}" {
			t.Errorf("%s, want {%s}", got, want.String()[1:])
		}
	}
}
