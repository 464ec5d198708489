/** The marks' own rules, for the legend's samples: `::highlight(sayso-fact)` becomes `.sayso-fact`. */
export function legendStyle(marks: string): string {
  return marks.replace(/::highlight\(([\w-]+)\)/g, ".$1");
}
