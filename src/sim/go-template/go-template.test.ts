import { describe, expect, it } from 'vitest';
import { GoTemplate } from './go-template.ts';

const DATA = {
  name: 'web',
  none: '',
  labels: { b: '2', a: '1' },
  items: [{ n: 'x' }, { n: 'y' }, { n: 'z' }],
};

/** Expectations are text/template's rules, applied by hand to data unmarshalled from JSON. */
describe('a Go template', () => {
  it.each([
    ['{{ .name }}/{{ .nothing }}', 'web/<no value>'],
    ['{{ $n := .name }}{{ $n }}-{{ $.name }}', 'web-web'],
    ['{{ $n := 1 }}{{ if .name }}{{ $n = 2 }}{{ $m := 3 }}{{ end }}{{ $n }}', '2'],
    ['{{ if .none }}a{{ else if .name }}b{{ else }}c{{ end }}', 'b'],
    ['{{ with .name }}{{ . }}{{ else }}no{{ end }}{{ with .none }}yes{{ else }}no{{ end }}', 'webno'],
    ['{{ range $i, $x := .items }}{{ $i }}={{ $x.n }};{{ end }}', '0=x;1=y;2=z;'],
    ['{{ range .items }}{{ if eq .n "y" }}{{ continue }}{{ end }}{{ .n }}{{ end }}', 'xz'],
    ['{{ range .items }}{{ if eq .n "y" }}{{ break }}{{ end }}{{ .n }}{{ end }}', 'x'],
    ['{{ range $k, $v := .labels }}{{ $k }}{{ $v }} {{ else }}none{{ end }}', 'a1 b2 '],
    ['{{ range .nothing }}x{{ else }}none{{ end }}', 'none'],
    ['{{ index .items 1 }} {{ (index .items 2).n }} {{ index .labels "a" }}', 'map[n:y] z 1'],
    ['{{ or .none .name }} {{ and .name .none }}| {{ not .none }} {{ or .labels dict }}', 'web | true map[a:1 b:2]'],
    ['{{ printf "%s-%03d" .name 7 }} {{ len .items }} {{ .name | printf "%q" }}', 'web-007 3 "web"'],
    ['{{ eq .name "a" "web" }} {{ lt 2 10 }} {{ ge "b" "a" }}', 'true true true'],
    ['a {{- " b " -}} c {{/* }} */ -}} d', 'a b c d'],
    ['{{ `"raw"` }} {{ "a\\tb" }}', '"raw" a\tb'],
    ['{{ default "x" .none }} {{ ternary "y" "n" true }} {{ add 1 2 3 }}', 'x y 6'],
  ])('%s is %j', (text, result) => expect(new GoTemplate(text).render(DATA)).toBe(result));

  it.each([
    ['x {{ .name', 'a {{ without a }}', 2],
    ['ab{{ if .name }}x', 'an {{if}} without an {{end}}', 2],
    ['{{ .name | nothing }}', 'there is no function nothing', 0],
    ['{{ range .items }}x{{ else }}y', 'an {{range}} without an {{end}}', 0],
    ['a{{ define "x" }}{{ end }}', '{{define}} cannot be used here', 1],
    ['{{ .name "x" }}', 'cannot read {{.name "x"}}', 0],
  ])('%s is refused', (text, message, offset) => {
    expect(() => new GoTemplate(text)).toThrow(expect.objectContaining({ offset }) as Error);
    expect(() => new GoTemplate(text)).toThrow(message);
  });

  it('says what cannot be filled in', () => {
    expect(() => new GoTemplate('{{ index .items 7 }}').render(DATA)).toThrow('index out of range: 7');
    expect(() => new GoTemplate('{{ $x }}').render(DATA)).toThrow('undefined variable $x');
  });
});
