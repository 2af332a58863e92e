package transform

import "slices"

// candidates finds the rules that an event may match without asking every one
// of them: those that compare something of the event with a literal stand under
// that literal.
type candidates struct {
	always []int // rules that compare nothing, by their place
	by     []candidatesBy
}

// candidatesBy are the rules that stand under the literals of one key.
type candidatesBy struct {
	key   int
	rules map[string][]int
}

// few is the number of rules up to which all are asked: then that is no slower.
const few = 32

// find indexes the rules. Each stands under one of its comparisons: the one
// whose literals the fewest rules share.
func (c *candidates) find(rules []rule, keys int) {
	*c = candidates{}
	if len(rules) <= few {
		for i := range rules {
			c.always = append(c.always, i)
		}
		return
	}
	type literal struct {
		key   int
		value string
	}
	shared := map[literal]int{}
	for i := range rules {
		for _, t := range rules[i].tests {
			if t.not {
				continue
			}
			for _, v := range t.values {
				shared[literal{t.key, v}]++
			}
		}
	}
	cost := func(t *test) (n int) {
		for _, v := range t.values {
			n += shared[literal{t.key, v}]
		}
		return n
	}
	under := make([]map[string][]int, keys)
	for i := range rules {
		best := rules[i].rarest(cost)
		if best == nil {
			c.always = append(c.always, i)
			continue
		}
		if under[best.key] == nil {
			under[best.key] = map[string][]int{}
		}
		for _, v := range slices.Compact(slices.Sorted(slices.Values(best.values))) {
			under[best.key][v] = append(under[best.key][v], i)
		}
	}
	for k, rules := range under {
		if rules != nil {
			c.by = append(c.by, candidatesBy{k, rules})
		}
	}
}

// rarest returns the rule's cheapest comparison that is not a negation, or nil.
func (r *rule) rarest(cost func(*test) int) *test {
	var best *test
	for i := range r.tests {
		if t := &r.tests[i]; !t.not && (best == nil || cost(t) < cost(best)) {
			best = t
		}
	}
	return best
}

// of returns the places of the rules that an event with those values may match,
// ascending, in into. Every rule that is left out has a comparison that does not
// hold.
func (c *candidates) of(values []string, into []int) []int {
	into = append(into[:0], c.always...)
	for i := range c.by {
		into = append(into, c.by[i].rules[values[c.by[i].key]]...)
	}
	slices.Sort(into)
	return into
}
