// Runs the cases of test_dates.py through the planner's pure modules: JSON on standard input, JSON on standard output.

const [folder] = process.argv.slice(2);
const rooms = { zones: await import(`${folder}/zones.js`), calendar: await import(`${folder}/calendar.js`) };
const cases = JSON.parse(await new Response(process.stdin).text());
process.stdout.write(JSON.stringify(cases.map(([room, name, ...given]) => rooms[room][name](...given))));
