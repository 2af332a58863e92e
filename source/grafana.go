package source

import (
	"encoding/json"
	"strings"
)

// grafanaExtra is what Grafana's payload has beyond Alertmanager's (its page
// "Configure webhook notifications"). The rest of it is in Event.Payload.
type grafanaExtra struct {
	Title   string `json:"title"`
	Message string `json:"message"`
	Alerts  []struct {
		PanelURL     string `json:"panelURL"`
		DashboardURL string `json:"dashboardURL"`
		GeneratorURL string `json:"generatorURL"`
	} `json:"alerts"`
}

// grafana completes an event with what Grafana alone says: the title that its
// contact point makes, the message where the alerts have no words of their
// own, and the page that shows the alerts.
func grafana(e *Event) {
	var g grafanaExtra
	_ = json.Unmarshal(e.Raw, &g) // what is of another kind stays empty: the notification itself has been read
	if title := line(g.Title, maxTitle); title != "" {
		e.Title = title
	}
	if e.Text == "" {
		e.Text = block(g.Message)
	}
	e.URL = g.url(e.Alerts)
}

// url is the panel, the dashboard or the rule that all alerts share, else
// Grafana's list of this group.
func (g *grafanaExtra) url(n *Notification) string {
	var panel, dashboard, rule []string
	for _, a := range g.Alerts {
		panel = append(panel, a.PanelURL)
		dashboard = append(dashboard, a.DashboardURL)
		rule = append(rule, a.GeneratorURL)
	}
	for _, urls := range [][]string{panel, dashboard, rule} {
		if u := shared(urls); u != "" {
			return u
		}
	}
	base := strings.TrimRight(n.ExternalURL, "/")
	if base == "" {
		return ""
	}
	if len(n.GroupLabels) == 0 {
		return link(base + "/alerting/list")
	}
	return link(base + "/alerting/groups?queryString=" + query(strings.Trim(matchers(n.GroupLabels), "{}")))
}

// shared returns the one URL that all are, or "".
func shared(urls []string) string {
	for _, u := range urls {
		if u != urls[0] {
			return ""
		}
	}
	if len(urls) == 0 {
		return ""
	}
	return link(urls[0])
}
