import type { Texts } from './english.ts';
import { germanDial } from './german-dial.ts';
import { germanNotices } from './german-notices.ts';
import { counter } from './plural.ts';

const count = counter('de');
const persons = (n: number): string => count(n, 'Person', 'Personen');
const phones = (n: number): string => count(n, 'Telefon', 'Telefone');
const can = (n: number): string => (n === 1 ? 'kann' : 'können');

export const german: Texts = {
  ...germanNotices,
  product: 'Latchkey',
  titleHost: 'Gastgeber · Latchkey',
  titleMember: 'Besprechung · Latchkey',
  language: 'Sprache',
  loading: 'Einen Augenblick…',
  again: 'Erneut versuchen',
  reload: 'Wieder beitreten',
  reloadHost: 'Besprechung wieder öffnen',
  copied: 'Kopiert',
  copyFailed: 'Das Kopieren ist nicht gelungen. Markieren Sie den Text und kopieren Sie ihn selbst.',

  truth: {
    sealed: (people) => `${persons(people)} ${can(people)} hören. Kein Telefon.`,
    sealedAlone: 'Nur Sie sind hier. Kein Telefon.',
    sealedBody: 'Alles, was hier gesagt wird, ist von Browser zu Browser verschlüsselt.',
    waiting: (people) => `${persons(people)} ${can(people)} hören. Ein Telefon wartet draußen.`,
    waitingBody:
      'Die Telefonbrücke ist ohne Schlüssel in der Besprechung: Sie kann weder hören noch gehört werden.',
    asks: 'Eine Telefonbrücke bittet um den Schlüssel.',
    asksBody: 'Sie hört nichts, bis der Gastgeber es erlaubt.',
    open: (people, n) => `${persons(people)} und ${phones(n)} können hören.`,
    openBridge: (people) => `${persons(people)} und die Telefonbrücke können hören.`,
    openBody: (operator) =>
      `Die Telefonbrücke von ${operator} hat den Schlüssel. Was hier gesagt wird, verlässt dort die Verschlüsselung.`,
    speaks: (people, n) => `${persons(people)} ${can(people)} hören. ${phones(n)} ${can(n)} nur sprechen.`,
    speaksBody: (operator) =>
      `Die Telefonbrücke von ${operator} hat nur den Schlüssel ihrer eigenen Stimme. Die der anderen kann sie nicht öffnen.`,
    opening: (operator) => `${operator} bekommt gerade den Schlüssel.`,
    locking: (left) =>
      left === 0 ? 'Telefonbrücke wird ausgesperrt…' : `Telefonbrücke wird ausgesperrt: noch ${left}`,
    lockingBody: 'Jeder Browser wechselt zu einem Schlüssel, den die Brücke nie hatte.',
    noHost: 'Der Gastgeber ist nicht da.',
    noHostBody:
      'Ohne Gastgeber kann niemand ein Telefon einlassen oder einen Schlüssel entziehen. Darum ruht der Ton, bis er zurück ist.',
    noHostCoHost:
      'Der Ton ruht, bis der Gastgeber zurück ist oder Sie übernehmen. Dann entstehen neue Schlüssel, und jede Telefonbrücke verliert den ihren.',
    waitingForHost: 'Warten auf den Gastgeber',
    waitingForHostBody:
      'Sie sind verbunden. Die Besprechung beginnt, wenn der Gastgeber da ist. Noch hört Sie niemand.',
    joining: 'Warten auf den Schlüssel',
    joiningBody:
      'Der Browser des Gastgebers prüft Ihre Einladung; in einer gesperrten Besprechung oder nach einem Entzug lässt der Gastgeber Sie von Hand ein. Noch hört Sie niemand.',
    alarm: 'In dieser Besprechung stimmt etwas nicht',
    alarmBody: 'Lesen Sie die Warnung, bevor Sie fortfahren.',
    reconnecting: 'Verbindung verloren. Neuer Versuch…',
    locked: 'Gesperrt',
    takeOver: 'Übernehmen',
    takeOverAsk: 'Als Gastgeber übernehmen?',
    takeOverYes: 'Jetzt übernehmen',
    takeOverNo: 'Warten',
  },

  bridge: {
    title: 'Telefonbrücke',
    none: 'Es hat niemand angerufen. Wenn jemand anruft und die PIN kennt, erscheint die Brücke hier und wartet.',
    noneMember: 'Es hat niemand angerufen.',
    operatedBy: (operator) => `Betrieben von ${operator}`,
    state: {
      waiting: 'Wartet, ohne Schlüssel',
      asking: 'Bittet um den Schlüssel',
      granted: 'Zugelassen, nimmt den Schlüssel',
      'holds-key': 'Hat den Schlüssel',
      'locking-out': 'Wird ausgesperrt',
      'locked-out': 'Ausgesperrt',
      'asked-to-rotate': 'Schlüssel entzogen, Apps um Wechsel gebeten',
      denied: 'Abgelehnt, ohne Schlüssel',
    },
    explain: {
      waiting:
        'Sie steht in der Besprechung wie ein Gast vor der Tür. Sie kann nicht hören, und niemand hört ihre Anrufer.',
      asking: 'Der Gastgeber wurde gefragt. Bis zur Antwort kann sie nicht hören.',
      granted: 'Der Gastgeber hat zugestimmt. Sie hört, sobald sie den Schlüssel öffnet.',
      'holds-key': 'Sie hört alle und gibt es an die Anrufe unten weiter.',
      'locked-out': 'Nichts, was sie je hatte, öffnet, was jetzt gesagt wird.',
      'asked-to-rotate':
        'Die App wurde gebeten, den Schlüssel zu wechseln, und bestätigt es nicht. Ein Aussperren wird nicht behauptet.',
      denied:
        'Der Gastgeber hat abgelehnt. Die Anrufer wissen es. Nach einer Minute können sie erneut fragen.',
    },
    explainListen: 'Sie hört alle und gibt es an die Anrufe unten weiter. Browser verwerfen, was sie sendet.',
    explainSpeak:
      'Sie gibt die Anrufe unten in die Besprechung. Sie hat keinen Schlüssel, der die Stimmen der anderen öffnet.',
    lockingLeft: (left) =>
      left === 0
        ? 'Wird ausgesperrt…'
        : `Wird ausgesperrt: ${count(left, 'Browser muss', 'Browser müssen')} noch wechseln`,
    lockedAfter: (seconds) => `Ausgesperrt nach ${seconds} s`,
    revoke: 'Schlüssel entziehen',
    revokeHint: 'Ein Klick. Jeder Browser wechselt sofort zu einem neuen Schlüssel.',
    review: 'Anfrage ansehen',
    callers: 'Anrufer',
    noCallers: 'Gerade bittet kein Anruf um Einlass.',
    leg: { waiting: 'wartet, hört nichts', admitted: 'in der Besprechung', left: 'aufgelegt' },
    legMuted: 'stumm',
    mute: 'Stumm schalten',
    unmute: 'Ton an',
    muteCaller: (caller) => `${caller} stumm schalten`,
    unmuteCaller: (caller) => `Ton an für ${caller}`,
    end: 'Auflegen',
    endCaller: (caller) => `${caller}: auflegen`,
    verification: {
      A: 'Nummer vom Netzbetreiber des Anrufers bestätigt (A)',
      B: 'Kunde dem Netzbetreiber bekannt, Nummer nicht geprüft (B)',
      C: 'Nummer vom Netzbetreiber nicht geprüft (C)',
      failed: 'Prüfung der Nummer fehlgeschlagen: vielleicht gefälscht',
      absent: 'Nummer nicht geprüft: vielleicht gefälscht',
    },
    transport: {
      plain: 'Telefonleitung nicht verschlüsselt',
      provider: 'Verschlüsselt bis zum Telefonanbieter',
      unknown: 'Verschlüsselung der Telefonleitung unbekannt',
    },
    withheld: 'Nummer unterdrückt',
    unknownCaller: 'Unbekannter Anrufer',
    unknownOperator: 'einem unbekannten Betreiber',
    scope: 'Erlaubt',
    audio: { both: 'hören und sprechen', listen: 'nur zuhören', speak: 'nur sprechen' },
    until: 'Bis',
    untilEnd: 'zum Ende der Besprechung',
    untilAt: (time, left) => `${time} (noch ${left})`,
    later: 'Spätere Anrufer',
    laterEach: 'jeder fragt',
    laterNext: (n) => `die nächsten ${n} kommen ohne Frage herein`,
    laterAny: 'kommen ohne Frage herein',
    suite: 'Versiegelt mit',
    code: 'Brückencode',
    codeSame: 'Die Brücke sagt ihren Anrufern dieselben Ziffern an.',
    identity: { 'first-use': 'Neu in diesem Browser', changed: 'Identität geändert' },
    ledger: 'Protokoll der Einwilligungen',
    ledgerState: {
      'first-seen': 'zum ersten Mal gesehen',
      consistent: 'setzt das früher Gesehene fort',
      fork: 'widerspricht dem früher Gesehenen',
    },
  },

  prompt: {
    title: 'Das Telefon einlassen?',
    lead: (operator) => ({
      before: 'Sie geben den Besprechungsschlüssel an ',
      operator,
      after:
        '. Der Betreiber verspricht, nur die Anrufe zu verbinden, die Sie zulassen, nichts aufzuzeichnen und den Schlüssel zu vergessen, sobald Sie ihn entziehen.',
    }),
    titleMore: 'Einen weiteren Anruf einlassen?',
    leadMore: (operator) => ({
      before: 'Der Besprechungsschlüssel ist schon bei ',
      operator,
      after:
        '. Die Anrufe in dieser Liste warten draußen. Sie kommen nur herein, wenn Sie auch sie zulassen.',
    }),
    reason: {
      'identity-changed': 'Der Schlüssel dieser Brücke ist nicht der, den Sie früher zugelassen haben.',
      'version-changed':
        'Die Software dieser Brücke hat sich geändert, seit Sie sie zuletzt zugelassen haben.',
      'scope-growth': 'Sie bittet um mehr, als Sie bisher erlaubt haben.',
      again: 'Sie hatte den Schlüssel schon und bittet erneut.',
    },
    changedTitle: 'Das ist nicht die Brücke, die Sie kennen',
    changedBody: (previous) =>
      `Bisher wurde diese Brücke von ${previous} mit einem anderen Schlüssel betrieben. Lassen Sie sie nur zu, wenn Sie vom Betreiber auf anderem Weg von der Änderung wissen.`,
    changedBodyUnnamed:
      'Bisher hatte diese Brücke einen anderen Schlüssel. Lassen Sie sie nur zu, wenn Sie vom Betreiber auf anderem Weg von der Änderung wissen.',
    firstUseTitle: 'Neu in diesem Browser',
    firstUseBody: 'Sie haben diese Brücke von hier aus noch nie zugelassen.',
    codeBody: 'Fragen Sie einen Anrufer, welchen Code die Brücke ansagt, und vergleichen Sie:',
    code: 'Brückencode',
    codeWaiting: 'Der Code kommt gleich…',
    codeNote:
      'Gleiche Ziffern zeigen, dass Sie und der Anrufer an derselben Brücke sind. Sie zeigen nicht, wer sie betreibt.',
    ledgerWaiting:
      'Die Brücke muss noch belegen, dass ihr Einwilligungsprotokoll nur gewachsen ist. Bis dahin kann sie nicht zugelassen werden.',
    forkTitle: 'Ihr Einwilligungsprotokoll widerspricht sich',
    forkBody:
      'Was diese Brücke jetzt vorlegt, setzt nicht fort, was dieser Browser davon behalten hat: Einträge wurden vielleicht entfernt oder geändert. Sie kann nicht zugelassen werden.',
    callers: (n) =>
      n === 1 ? 'Dieser Anruf wartet auf Ihre Antwort' : 'Diese Anrufe warten auf Ihre Antwort',
    chooseCallers: 'Wer hereinkommt',
    chooseNone: 'Wählen Sie mindestens einen Anrufer, oder lehnen Sie ab.',
    merged: (n) =>
      `Ihre Antwort gilt auch für ${count(n, 'weitere Anfrage', 'weitere Anfragen')} dieser Brücke.`,
    leavesTitle: 'Was die Verschlüsselung verlässt',
    leaves: (operator) =>
      `Jede Stimme, vom Zulassen bis zum Entziehen: Sie wird auf einem Rechner von ${operator} entschlüsselt und geht weiter über das Telefonnetz, das mithören kann.`,
    leavesSpeak: (operator) =>
      `Nichts aus der Besprechung. Die Stimmen der Anrufer selbst gehen über einen Rechner von ${operator} und das Telefonnetz, das mithören kann.`,
    stays:
      'Was zuvor gesagt wurde, bleibt verschlossen. Sie geben einen frischen Schlüssel, der nichts Älteres öffnet.',
    audio: 'Was Anrufer dürfen',
    audioBoth: 'Hören und sprechen',
    audioListen: 'Nur zuhören',
    audioSpeak: 'Nur sprechen',
    wants: {
      both: 'Die Brücke bittet, zu hören und zu sprechen.',
      listen: 'Die Brücke bittet, nur zuzuhören.',
      speak: 'Die Brücke bittet, nur zu sprechen.',
    },
    speakImpossible:
      'Nur sprechen ist jetzt nicht möglich: Dazu braucht jede Stimme einen eigenen Schlüssel, und die Brücke darf keine andere Erlaubnis haben.',
    duration: 'Wie lange',
    untilRevoked: 'Bis ich entziehe',
    minutes: (n) => (n === 60 ? '1 Stunde' : `${n} Minuten`),
    laterTitle: 'Spätere Anrufer',
    laterEach: 'Jeder fragt mich',
    laterNext: (n) => `Die nächsten ${n} einlassen`,
    laterAny: 'Alle einlassen',
    details: 'Prüfen, wer fragt',
    operatorKey: 'Schlüssel des Betreibers',
    bridgeKey: 'Schlüssel der Brücke',
    connector: 'Brücke',
    suite: 'Versiegelt mit',
    request: 'Anfrage',
    allow: 'Zulassen',
    allowSoon: 'Zulassen…',
    allowNot: 'Nicht zulässig',
    deny: 'Ablehnen',
    later: 'Später entscheiden',
    changed: 'Die Anfrage hat sich geändert. Bitte noch einmal lesen.',
    flash: '(!) Das Telefon bittet um den Schlüssel',
  },

  people: {
    title: 'Wer hören kann',
    hasKey: 'hat den Schlüssel',
    noKey: 'hat noch keinen Schlüssel',
    speaksOnly: 'hat nur den Schlüssel der eigenen Stimme',
    you: 'Sie',
    host: 'Gastgeber',
    coHost: 'Mitgastgeber',
    bridge: 'Telefonbrücke',
    phone: 'Anruf',
    cannotHear: 'Kann nicht hören',
    thumbprint: (t) => `Geräteschlüssel ${t}`,
    empty: 'Außer Ihnen ist noch niemand da. Laden Sie jemanden ein.',
    unnamed: 'Ohne Namen',
    since: (time) => `seit ${time}`,
    sinceEarlier: (time) => `seit ${time} oder länger`,
    leaving: 'gegangen, Schlüssel wechseln',
    lockingOut: 'wird ausgesperrt',
    removeName: (name) => `${name} entfernen`,
    removeAsk: (name) => `${name} aus der Besprechung entfernen?`,
    removeYes: 'Entfernen',
    removeNo: 'Behalten',
    lock: 'Besprechung sperren',
    lockHint: 'Keine neue Brücke, kein neuer Anruf. Neue Teilnehmer brauchen Ihren Klick.',
    lockedNote:
      'Die Besprechung ist gesperrt: keine neue Brücke, kein neuer Anruf, Teilnehmer nur mit einem Klick des Gastgebers.',
  },

  dial: germanDial,

  knock: {
    title: (n) => `${count(n, 'Person bittet', 'Personen bitten')} um Einlass`,
    why: {
      locked: 'Die Besprechung ist gesperrt',
      'after-revocation': 'Neu seit dem Entzug eines Schlüssels',
      'no-invite': 'Ohne gültige Einladung',
    },
    admit: 'Einlassen',
    refuse: 'Abweisen',
    admitName: (name) => `${name} einlassen`,
    refuseName: (name) => `${name} abweisen`,
    note: 'Namen hat jeder selbst eingegeben. Lassen Sie nur ein, wen Sie erwarten, und vergleichen Sie im Zweifel den Schlüssel.',
  },

  invite: {
    title: 'Einladen',
    phone: 'Per Telefon',
    pin: 'PIN',
    code: 'Code, falls danach gefragt',
    sip: 'SIP-Adresse',
    link: 'Per Browser',
    copyAll: 'Einladung kopieren',
    copyLink: 'Link kopieren',
    phoneNote: 'Ein Telefon wartet, bis Sie es einlassen.',
    pinNew: 'Diese PIN ist neu. Die vorige öffnet nichts mehr.',
    pinReplaced:
      'Ersetzt. Wodurch, weiß dieser Konnektor nicht; vielleicht weiß es, wer die Brücke betreibt. Oder lassen Sie eine neue ziehen: Die jetzige öffnet dann nichts mehr.',
    drawPin: 'Neue PIN ziehen',
    message: (link, phone, digits) =>
      [
        'Sie sind zu einer verschlüsselten Besprechung eingeladen.',
        '',
        `Per Browser: ${link}`,
        `Per Telefon: ${phone}`,
        digits,
        '',
        'Am Telefon warten Sie, bis der Gastgeber Sie einlässt. Das Telefonnetz ist nicht verschlüsselt.',
      ].join('\n'),
    codeLine: (code) => `Besprechungscode, falls danach gefragt wird: ${code}`,
    pinLine: (pin) => `PIN: ${pin}`,
    or: (number, sip) => `${number} (oder ${sip})`,
  },

  security: {
    title: 'Sicherheit',
    points: (epoch) => [
      'Ton: AES-256-GCM, ein Schlüssel je Sprecher, neu bei jedem Kommen und Gehen.',
      `Schlüsselwechsel Nummer ${epoch} dieser Besprechung gilt.`,
      'Schlüssel werden mit X-Wing (X25519 mit ML-KEM-768) für jeden Browser versiegelt.',
      'Entscheidungen werden mit einem Geräteschlüssel signiert, der seinen Browser nicht verlassen kann.',
    ],
    code: 'Sicherheitscode',
    yourKey: 'Ihr Geräteschlüssel',
    compare:
      'Alle in dieser Besprechung sehen denselben Sicherheitscode. Vergleichen Sie ihn im Zweifel laut.',
    operators: 'Brücken, die fragen dürfen',
    limits:
      'Das Programm dieser Seite kommt vom Betreiber der Brücke. Wer den Schlüssel hat, könnte andere mithören lassen; alle übrigen hält die Verschlüsselung draußen.',
  },

  controls: {
    label: 'Mikrofon und Besprechung',
    mute: 'Stumm',
    unmute: 'Ton an',
    microphone: 'Mikrofon',
    defaultMicrophone: 'Standardmikrofon',
    leave: 'Verlassen',
    end: 'Für alle beenden',
    endAsk: 'Die Besprechung für alle beenden?',
    endYes: 'Beenden',
    endNo: 'Weiter',
    denied:
      'Der Browser sperrt das Mikrofon. Sie können zuhören. Zum Sprechen erlauben Sie es in der Adresszeile und versuchen es erneut.',
    missing:
      'Kein Mikrofon gefunden. Sie können zuhören. Schließen Sie eines an und versuchen Sie es erneut.',
    failed: 'Das Mikrofon antwortet nicht. Vielleicht benutzt es ein anderes Programm.',
    off: 'Mikrofon aus',
    listen: 'Besprechung hören',
    listenNote: 'Ihr Browser wartet auf einen Klick, bevor er Ton abspielt.',
  },

  say: {
    dial: (name, how) => `${name}: ${how}`,
    joined: (name) => `${name} ist beigetreten`,
    left: (name) => `${name} ist gegangen`,
    bridgeWaiting: (operator) => `Eine Telefonbrücke, betrieben von ${operator}, wartet ohne Schlüssel`,
    bridgeAsks: (operator) => `${operator} bittet um den Besprechungsschlüssel`,
    bridgeHolds: (operator) => `${operator} hat jetzt den Besprechungsschlüssel`,
    bridgeDenied: (operator) => `${operator} wurde abgelehnt`,
    bridgeLocking: 'Die Telefonbrücke wird ausgesperrt',
    bridgeLocked: (seconds) => `Die Telefonbrücke ist nach ${seconds} Sekunden ausgesperrt`,
    bridgeLockedPlain: 'Die Telefonbrücke ist ausgesperrt',
    bridgeGone: 'Die Telefonbrücke ist gegangen',
    callerIn: (caller) => `${caller} ist in der Besprechung`,
    callerOut: (caller) => `${caller} hat aufgelegt`,
    callerMuted: (caller) => `${caller} ist stumm geschaltet`,
    callerUnmuted: (caller) => `${caller} ist nicht mehr stumm geschaltet`,
    knocks: (name) => `${name} bittet um Einlass`,
    locked: 'Die Besprechung ist gesperrt',
    unlocked: 'Die Besprechung ist nicht mehr gesperrt',
    hostGone: 'Der Gastgeber ist nicht mehr da. Der Ton ruht, bis er zurück ist',
    hostBack: 'Der Gastgeber ist da',
    youHost: 'Sie sind jetzt Gastgeber',
    inMeeting: 'Sie sind in der Besprechung',
    muted: 'Mikrofon stumm',
    unmuted: 'Mikrofon an',
  },
};
