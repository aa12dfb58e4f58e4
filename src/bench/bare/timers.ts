// So many timers, of which some come due at even distances; prints how late each was, in milliseconds.
const [open = 0, due = 0, within = 0] = process.argv.slice(2).map(Number);
for (let number = due; number < open; number += 1) setTimeout(() => undefined, 3_600_000).unref();
const late: number[] = [];
const first = performance.now() + 1_000;
for (let number = 0; number < due; number += 1) {
  const at = first + (number * within) / due;
  setTimeout(() => {
    late.push(performance.now() - at);
    if (late.length === due) console.log(`late ${JSON.stringify(late)};`);
  }, at - performance.now());
}
