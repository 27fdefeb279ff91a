import { counter } from '../../pages/text/plural.ts';
import type { Texts } from './english.ts';

const n = counter('de');

export const german: Texts = {
  title: 'Ein Zustimmungsprotokoll prüfen · Latchkey',
  language: 'Sprache',
  offline: 'Nichts verlässt diese Seite',

  start: {
    title: 'Ein Zustimmungsprotokoll prüfen',
    lead: 'Ein Protokoll von Latchkey sagt, wer einer Telefonbrücke den Schlüssel einer Besprechung gegeben hat, wann er zurückgenommen wurde und wer am Telefon dazwischen hören konnte. Diese Seite prüft jede Unterschrift und jeden Hash darin, hier in Ihrem Browser.',
    drop: 'Legen Sie einen Export hierher',
    checking: (name) => `${name} wird geprüft`,
    made: ['Gemacht mit ', ': eine Datei in JSON-Zeilen.'],
    kept: 'Fügen Sie hinzu, was Sie selbst aufgehoben haben: die Beweisdatei eines Gastgebers, einen früher notierten Prüfpunkt. Sie werden dem Export gegenübergestellt; eine Beweisdatei lässt sich auch allein prüfen.',
    choose: 'Dateien wählen',
    notesLabel: 'Was diese Seite tut',
    notes: [
      [
        'Sie braucht niemandes Wort',
        'Gastgeber und Teilnehmer haben unterschrieben, was sie entschieden. Daraus rechnet die Seite, nicht aus dem, was die Brücke sagt.',
      ],
      [
        'Sie arbeitet ohne Netz',
        'Sie verbindet sich mit nichts und behält nichts. Ziehen Sie vorher den Stecker, wenn Sie mögen.',
      ],
      [
        'Sie findet, was verändert wurde',
        'Ein Byte, ein Ereignis, eine Reihenfolge, ein Datum, ein Schlüssel: Was nicht stimmt, wird mit seiner Stelle genannt.',
      ],
    ],
  },

  faults: {
    unreadable: (name, why) => `„${name}“ kann nicht gelesen werden: ${why}.`,
    empty: 'die Datei ist leer',
    'not-an-export':
      'sie ist weder ein Export des Protokolls in Version 1 noch die Beweisdatei eines Gastgebers noch ein Prüfpunkt',
    'not-a-record': (line) => `Zeile ${line} des Exports ist kein Eintrag`,
    'too-long': 'sie ist länger, oder hat eine längere Zeile, als es solche Dateien gibt',
    'not-text': 'sie ist kein Text in UTF-8',
    'ledger-itself':
      'sie ist das Protokoll selbst, kein Export davon: Schreiben Sie einen mit „latchkey ledger export --out DATEI“',
    'bad-evidence': 'sie ist keine Beweisdatei in Version 1',
    browser: 'dieser Browser gibt sie der Seite nicht',
    'checkpoint-alone':
      'Ein Prüfpunkt allein beweist nichts: Fügen Sie den Export hinzu, dem er gegenübergestellt werden soll.',
  },

  verdict: {
    good: 'Das Protokoll hält der Prüfung stand',
    bad: 'Das Protokoll hält der Prüfung nicht stand',
    evidenceGood: 'Die Beweisdatei hält der Prüfung stand',
    evidenceBad: 'Die Beweisdatei hält der Prüfung nicht stand',
    broken:
      'Etwas darin wurde verändert, weggelassen oder erfunden. Was folgt, ist, was es sagt, nicht, was bewiesen ist.',
    trusted: 'Jede Unterschrift und jeder Hash stimmt, unter einem Schlüssel, dem Sie vertrauen.',
    consistent:
      'Jede Unterschrift und jeder Hash stimmt. Wer es geschrieben hat, könnte es dennoch als Ganzes erfunden haben: Geben Sie einen Fingerabdruck ein, den Sie von anderswo haben.',
    evidenceAlone:
      'Was der Gastgeber unterschrieben hat, ist eine Kette, und was ihm bewiesen wurde, stimmt. Ob das Protokoll das noch sagt, zeigt erst dessen Export.',
    events: (count) => n(count, 'Ereignis', 'Ereignisse'),
    messages: (count) => n(count, 'unterschriebene Nachricht', 'unterschriebene Nachrichten'),
    other: 'Etwas anderes prüfen',
  },

  findings: {
    title: 'Befunde',
    none: 'Nichts zu melden: keine Lücke, keine Änderung, keine Unterschrift, die nicht stimmt.',
    more: (count) => `… und ${count} weitere.`,
    event: (seq) => `Ereignis ${seq}: `,
    line: (line) => `Beweisdatei, Zeile ${line}: `,
    severity: { broken: 'Falsch', warning: 'Warnung', note: 'Hinweis' },
  },

  unchecked: {
    title: 'Was hier nicht zu prüfen war',
    untrusted: 'Wessen Protokoll es ist: Es wurde kein Fingerabdruck eingegeben, den Sie von anderswo haben.',
    unremembered:
      'Ob alles neu geschrieben wurde: Weder eine Beweisdatei noch ein aufgehobener Prüfpunkt liegt vor.',
    unwitnessed: 'Ob anderen dasselbe Protokoll gezeigt wurde: Niemand hat es gegengezeichnet.',
    cosignedTo: (size, all) =>
      `${n(all - size, 'letztes Ereignis ist', 'letzte Ereignisse sind')} von niemandem gegengezeichnet: Dass hinter Ereignis ${size - 1} nichts weggelassen wurde, sagt nur der Konnektor.`,
    withoutExport:
      'Ob das Protokoll noch enthält, was dem Gastgeber bewiesen wurde: Dessen Export liegt nicht vor.',
    pruned: (count) =>
      `Was in ${n(count, 'ausgedünnten Ereignis', 'ausgedünnten Ereignissen')} stand: Davon sind nur Hashes übrig.`,
    erased: (count) =>
      `${n(count, 'verzeichnete Löschung', 'verzeichnete Löschungen')} persönlicher Angaben: Wer so hieß, lässt sich nicht mehr zeigen.`,
    noLabels:
      'Wer die Anrufer sind: Das Protokoll enthält Hashes ihrer Bezeichnungen, und der Export wurde ohne die Bezeichnungen gemacht.',
    claimed: (count) =>
      `${n(count, 'Ende', 'Enden')} des Hörens: Dafür steht nur das Wort des Konnektors, darum wird die längste Zeit gezeigt.`,
    lasting: (count) =>
      `${n(count, 'Zeitraum hat', 'Zeiträume haben')} kein Ende in diesem Protokoll: Was später kam, steht nicht darin.`,
    cut: 'Der spätere Teil der Besprechung: Die Beweisdatei war vor deren Ende voll.',
    leftOut: (count) =>
      `${n(count, 'Nummer', 'Nummern')} in der Kette des Gastgebers: Lebenszeichen stehen nicht in einer Beweisdatei.`,
    otherMeetings: (count) =>
      `${n(count, 'andere Besprechung', 'andere Besprechungen')} dieses Protokolls: Die Beweisdatei handelt von einer.`,
    clock:
      'Die Uhrzeit: Es ist die eigene Uhr des Konnektors. Reihenfolge und Abstände sind, was die Beweise binden.',
    people:
      'Wer an einem Telefon oder Browser saß: Schlüssel unterschreiben, nicht Menschen. Was gesagt wurde, steht nirgends.',
  },

  trust: {
    title: 'Ein Schlüssel, dem Sie vertrauen',
    label: 'Fingerabdruck',
    help: 'Des Schlüssels des Betreibers oder des Protokolls: von der Website des Betreibers, aus einem Vertrag oder Ihren eigenen Notizen.',
    check: 'Damit prüfen',
  },

  kept: {
    title: 'Was Sie selbst aufgehoben haben',
    none: 'Noch nichts. Die Beweisdatei eines Gastgebers oder ein früher notierter Prüfpunkt zeigt, ob das Protokoll seither neu geschrieben wurde.',
    evidence: 'Beweisdatei eines Gastgebers',
    checkpoint: 'Aufgehobener Prüfpunkt',
    add: 'Dateien hinzufügen',
    remove: (name) => `${name} entfernen`,
  },

  evidence: {
    title: 'Die Beweisdatei des Gastgebers',
    meeting: 'Besprechung',
    hosts: 'Schlüssel der Gastgeber',
    operators: 'Angetroffene Betreiber',
    rotated: (from) => `Nachfolger von ${from}`,
    messages: 'Unterschriebene Nachrichten',
    proven: 'Als im Protokoll bewiesen',
    provenText: (count) => n(count, 'Freigabe oder Schlüssel', 'Freigaben und Schlüssel'),
    decisions: 'Von Mitgastgebern entschieden',
    cosigned: 'Gegengezeichnet von',
    keys: (count) => n(count, 'Schlüssel', 'Schlüsseln'),
    none: 'keine',
  },

  ledger: {
    title: 'Wessen Protokoll es ist',
    operator: 'Betreiber',
    operatorKey: 'Schlüssel des Betreibers',
    connector: 'Konnektor',
    ledgerKey: 'Schlüssel des Protokolls',
    root: 'Wurzel des Baums',
    noRoot: 'keine, die stimmt',
    witnesses: 'Zeugen',
    noWitness: 'niemand hat gegengezeichnet',
    cosigned: (count) =>
      `${n(count, 'unabhängiger Schlüssel hat', 'unabhängige Schlüssel haben')} gegengezeichnet`,
    notStated: 'nicht angegeben',
  },

  meetings: {
    title: 'Besprechungen',
    none: 'In diesem Protokoll hat keine Brücke um einen Schlüssel gebeten.',
    meeting: 'Besprechung',
    choice: (number, all, id) => `${number} von ${all} · ${id}`,
    leftOut: (count) =>
      `${n(count, 'späteres Ereignis', 'spätere Ereignisse')} geprüft und nicht gezeigt: „latchkey ledger intervals“ zeigt alle.`,
  },

  timeline: {
    title: 'Wer wen wann gehört hat',
    label: (day, from, to, lanes) =>
      `${day}, ${from} bis ${to} UTC: ${lanes}. Die Tabellen darunter sagen dasselbe in Worten.`,
    bridge: 'Brücke',
    numberedBridge: (number) => `Brücke ${number}`,
    caller: (number) => `Anrufer ${number}`,
    held: 'hatte den Schlüssel',
    could: {
      both: 'konnte hören und sprechen',
      hear: 'konnte nur hören',
      speak: 'konnte nur sprechen',
    },
    neverKey: 'hatte nie den Schlüssel',
    neverHeard: 'hat nie gehört, nie gesprochen',
    during: (what, duration) => `${what}: ${duration}`,
    noEnd: (said) => `${said}, ohne verzeichnetes Ende`,
    span: (what, from, to, end) => `${what}, ${from} bis ${to}. ${end}`,
    mark: (seq, at, what) => `Ereignis ${seq}, ${at}: ${what}`,
    legend: 'Legende',
    bridgeHeld: 'Brücke hatte den Schlüssel',
    onTheLine: 'in der Leitung, sagt der Konnektor',
    marks: {
      request: 'gefragt',
      grant: 'gegeben oder eingelassen',
      no: 'abgelehnt oder ohne Antwort',
      revoked: 'zurückgenommen oder beendet',
      crash: 'Gastgeber verloren',
    },
  },

  intervals: {
    title: 'Was jeder Anrufer hören und sagen konnte',
    none: 'In dieser Besprechung konnte kein Anrufer hören oder sprechen.',
    caller: 'Anrufer',
    could: 'Konnte',
    from: 'Von',
    until: 'Bis',
    duration: 'Dauer',
    word: 'Auf wessen Wort',
    able: { both: 'hören und sprechen', hear: 'nur hören', speak: 'nur sprechen' },
    reason: (seq, why) => `Ereignis ${seq}: ${why}.`,
    grant: 'Freigabe',
    list: 'Liste des Gastgebers',
    byHost: 'unter dem Gastgeberschlüssel',
    end: {
      proven: 'Beendet durch das, was Gastgeber und Teilnehmer unterschrieben.',
      claimed: 'Beendet nur nach dem Wort des Konnektors.',
      lasting: 'Kein Ende verzeichnet.',
    },
    witnesses: (count) => `${n(count, 'Zeuge', 'Zeugen')} bis zum Ende.`,
  },

  events: {
    title: 'Alles, was verzeichnet ist',
    event: 'Ereignis',
    when: 'Wann',
    what: 'Was',
    whom: 'Von wem',
  },

  duration: { s: 's', min: 'min', h: 'Std.' },

  types: {
    start: 'Der Konnektor startete',
    stop: 'Der Konnektor hielt an',
    recovered: 'Der Konnektor kam nach einem Absturz wieder',
    drain: 'Der Konnektor begann herunterzufahren',
    'registration-seen': 'Die Besprechung wurde angemeldet',
    'meeting-taken': 'Dieser Connector hat die Besprechung unter mehreren übernommen',
    'instance-start': 'Der Gastgeber öffnete die Besprechung',
    'instance-end': 'Der Gastgeber beendete die Besprechung',
    request: 'Die Brücke bat um den Schlüssel',
    grant: 'Der Gastgeber gab den Schlüssel frei',
    denial: 'Der Gastgeber sagte nein',
    decision: 'Ein Mitgastgeber entschied',
    expired: 'Niemand antwortete der Brücke',
    'leg-asked': 'Die Brücke bat, Anrufer einzulassen',
    'leg-admitted': 'Der Gastgeber ließ den Anrufer ein',
    'dial-requested': 'Ein Gastgeber bat, ein Telefon anzurufen',
    'dial-ended': 'Der Anruf bei diesem Telefon endete, oder der Angerufene stimmte zu',
    'leg-refused': 'Das Warten des Anrufers endete ohne ein Ja',
    'leg-joined': 'Der Anrufer betrat den Raum',
    'leg-left': 'Der Anrufer verließ den Raum',
    'leg-muted': 'Der Gastgeber beendete den Anrufer oder schaltete ihn stumm',
    'notice-answered': 'Der Anrufer beantwortete den Hinweis',
    'call-ended': 'Der Anruf endete',
    'pin-refused': 'Eine PIN wurde abgelehnt',
    'pin-replaced': 'Der Gastgeber ließ eine neue PIN ziehen',
    'key-opened': 'Die Brücke öffnete den Schlüssel',
    rekeyed: 'Der Gastgeber gab der Brücke den nächsten Schlüssel',
    'key-destroyed': 'Die Brücke vernichtete ihren Schlüssel',
    receipt: 'Die Brücke unterschrieb eine Quittung',
    revoked: 'Der Gastgeber nahm den Schlüssel zurück',
    'gate-closed': 'Die Brücke schloss ihr Tor',
    'heartbeat-lost': 'Die Brücke verlor den Gastgeber aus den Augen',
    refused: 'Eine Nachricht wurde abgewiesen',
    'operator-action': 'Der Betreiber hat etwas getan',
    'admin-action': 'Ein Betreiber hat etwas veranlasst',
  },
};
