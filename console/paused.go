package console

import "slices"

// paused returns the apps that send nothing now: that of a name, or all.
func (c *Console) paused(name string) []App {
	return slices.DeleteFunc(slices.Clone(c.Apps()), func(a App) bool {
		return a.Trouble == "" || name != "" && a.Name != name
	})
}

// Tone is that of the app's trouble: bad where it does not pass by itself.
func (a App) Tone() string {
	if a.Trouble == "misconfigured" || a.Trouble == "quota_used_up" {
		return "bad"
	}
	return "mixed"
}
