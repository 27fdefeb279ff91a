import type { Notices } from './english-notices.ts';

export const germanNotices: Notices = {
  blocked: {
    'no-claim': [
      'Öffnen Sie zuerst den Gastgeber-Link',
      'Beim Start gibt Latchkey im Terminal einen Gastgeber-Link aus, der nur einmal gilt. Öffnen Sie diesen Link; die Adresse allein startet nichts.',
    ],
    'claim-unknown': [
      'Dieser Gastgeber-Link ist veraltet',
      'Jeder Start von Latchkey gibt einen neuen Gastgeber-Link aus. Verwenden Sie den neuesten aus dem Terminal.',
    ],
    'already-claimed': [
      'Dieser Gastgeber-Link wurde schon benutzt',
      'Er gilt einmal, in einem Browser. Wenn Sie das nicht waren, starten Sie Latchkey neu: Es gibt einen neuen Link aus, und die alte Besprechung ist beendet.',
    ],
    'link-incomplete': [
      'Dieser Einladungslink ist unvollständig',
      'Der Teil hinter dem # fehlt oder ist beschädigt. Er öffnet Ihnen die Besprechung. Bitten Sie den Gastgeber, den ganzen Link noch einmal zu senden.',
    ],
    'meeting-unknown': [
      'Keine Besprechung unter diesem Link',
      'Der Server kennt keine Besprechung zu diesem Link. Vielleicht ist sie beendet. Bitten Sie den Gastgeber um eine neue Einladung.',
    ],
    'meeting-changed': [
      'Bitte nicht fortfahren: Die Besprechung passt nicht zu Ihrem Link',
      'Der Server hat Angaben gesendet, die nicht zur Besprechung in Ihrem Link gehören. Informieren Sie den Gastgeber, und zwar nicht über diese Seite.',
    ],
    'meeting-full': ['Die Besprechung ist voll', 'Versuchen Sie es erneut, wenn jemand gegangen ist.'],
    'server-unreachable': [
      'Der Server ist nicht erreichbar',
      'Prüfen Sie Ihre Verbindung und versuchen Sie es erneut.',
    ],
    'too-many-requests': ['Zu viele Versuche', 'Warten Sie eine Minute und versuchen Sie es erneut.'],
    unexpected: [
      'Etwas ist schiefgegangen',
      'Es wurde nichts weitergegeben. Versuchen Sie es erneut oder laden Sie diese Seite neu.',
    ],
  },
  ended: {
    'you-left': [
      'Sie haben die Besprechung verlassen',
      'Ihre Schlüssel dafür sind von dieser Seite gelöscht.',
    ],
    'you-ended': [
      'Sie haben die Besprechung beendet',
      'Alle wurden benachrichtigt, jeder Anruf wurde getrennt, und die Schlüssel sind von dieser Seite gelöscht.',
    ],
    'host-ended': [
      'Der Gastgeber hat die Besprechung beendet',
      'Ihre Schlüssel dafür sind von dieser Seite gelöscht.',
    ],
    refused: [
      'Sie wurden nicht eingelassen',
      'Der Browser des Gastgebers hat diese Seite abgelehnt. Verwenden Sie den neuesten Einladungslink oder fragen Sie den Gastgeber.',
    ],
    removed: [
      'Sie wurden aus der Besprechung entfernt',
      'Ihre Schlüssel dafür sind von dieser Seite gelöscht.',
    ],
    'connection-lost': [
      'Die Verbindung ist abgebrochen',
      'Die Besprechung geht vielleicht ohne Sie weiter. Treten Sie wieder bei, sobald Sie online sind.',
    ],
    'other-tab': [
      'Diese Besprechung ist in einem anderen Tab geöffnet',
      'Nur ein Tab kann sie leiten. Dieser hier wurde angehalten.',
    ],
  },
  missing: {
    'secure-context': 'eine sichere Adresse: https, oder localhost auf diesem Rechner',
    webrtc: 'Gespräche im Browser (WebRTC)',
    'frame-encryption': 'Verschlüsselung des Tons, bevor er die Seite verlässt (Encoded Transforms)',
    ed25519: 'Ed25519-Signaturen in Web Crypto',
    storage: 'Speicher für diese Website (fehlt in manchen privaten Fenstern)',
    workers: 'Hintergrundprozesse (Workers)',
    microphone: 'Zugriff auf ein Mikrofon',
  },
  problems: {
    'answer-failed':
      'Ihre Antwort wurde nicht gesendet: Die Anfrage hatte sich geändert oder war abgelaufen.',
    'revoke-failed':
      'Der Entzug wurde nicht gesendet. Versuchen Sie es erneut oder beenden Sie die Besprechung für alle.',
    'talk-only-impossible': 'Nur sprechen ist für diese Brücke jetzt nicht möglich. Es wurde nichts erlaubt.',
    'ledger-inconsistent':
      'Das Einwilligungsprotokoll der Brücke widerspricht sich. Es wurde nichts erlaubt.',
    'change-failed': 'Die Änderung kam nicht durch. Versuchen Sie es erneut.',
    'take-over-failed':
      'Die Übernahme ist nicht gelungen. Versuchen Sie es erneut oder fragen Sie einen anderen Mitgastgeber.',
    'pin-failed':
      'Es wurde keine neue PIN gezogen. Die jetzige gilt weiter. Versuchen Sie es gleich noch einmal.',
  },
  alarms: {
    'grant-unverified':
      'Die Liste des Gastgebers zeigt eine Brücke mit Schlüssel, aber ohne eine Erlaubnis, die diese Seite prüfen konnte. Ihr Ton wird zurückgehalten.',
    'unencrypted-track': 'Jemand sendet unverschlüsselten Ton. Er wird nicht abgespielt.',
    'plain-frame-stopped': 'Unverschlüsselter Ton wurde angehalten, bevor er durchkam.',
    'identity-changed':
      'Der Besprechungsserver hat dieser Seite eine andere Identität gegeben. Das Mikrofon wurde angehalten.',
    'two-hosts':
      'Zwei Browser geben vor, diese Besprechung zu leiten. Halten Sie inne und fragen Sie den Gastgeber auf anderem Weg.',
    'key-mismatch':
      'Schlüssel in dieser Besprechung passen nicht zusammen. Vielleicht greift jemand ein. Hören Sie auf und beginnen Sie neu.',
    'term-conflict':
      'Zwei verschiedene Besprechungen geben vor, diese zu sein. Halten Sie inne und fragen Sie den Gastgeber auf anderem Weg.',
    'no-receipt': 'Die Brücke hat den Schlüssel ohne protokollierte Quittung genommen. Sie wird ausgesperrt.',
    'ledger-mismatch':
      'Das Einwilligungsprotokoll der Brücke widerspricht sich. Geben Sie ihr den Schlüssel nicht.',
    'ledger-fork':
      'Die Brücke zeigt ein anderes Einwilligungsprotokoll als früher, oder als sie anderen zeigt. Geben Sie ihr den Schlüssel nicht.',
    'bridge-changed':
      'Eine Brücke zeigt einen bekannten Namen mit einem unbekannten Schlüssel. Fragen Sie den Betreiber auf anderem Weg.',
    'code-mismatch':
      'Eine Brücke konnte die zugesagte Hälfte ihres Brückencodes nicht zeigen. Geben Sie ihr den Schlüssel nicht.',
    'certificate-revoked':
      'Der Betreiber hat eine Brücke für ungültig erklärt. Sie bekommt keinen Schlüssel; was sie hatte, wird gesperrt.',
    'version-mismatch':
      'Jemand hier spricht eine andere Version des Protokolls und bleibt außen vor. Aktualisieren Sie das ältere der beiden Programme.',
    'bad-signature': 'Eine Nachricht mit falscher Signatur ist eingetroffen. Sie wird nicht beachtet.',
  },
  history: {
    title: 'Was geschehen ist',
    empty: 'Noch nichts.',
    events: {
      started: () => 'Besprechung begonnen, Schlüssel erzeugt',
      'instance-start': () => 'Besprechung begonnen, Schlüssel erzeugt',
      joined: () => 'Sie sind beigetreten',
      left: () => 'Sie sind gegangen',
      'member-joined': (n) => `${n} ist beigetreten`,
      'member-left': (n) => `${n} ist gegangen`,
      'bridge-joined': (n) => `Telefonbrücke von ${n} wartet`,
      'bridge-left': (n) => `Telefonbrücke von ${n} ist gegangen`,
      'bridge-request': (n) => `${n} hat um den Schlüssel gebeten`,
      granted: (n) => `${n} wurde zugelassen`,
      denied: (n) => `${n} wurde abgelehnt`,
      expired: (n) => `Anfrage von ${n} ist abgelaufen`,
      receipt: (n) => `${n} hat den Schlüssel quittiert`,
      'receipt-missing': (n) => `${n} hat nicht rechtzeitig quittiert`,
      revoked: (n) => `Schlüssel von ${n} entzogen`,
      'locked-out': (n) => `${n} ist ausgesperrt`,
      'asked-to-rotate': (n) => `${n}: Apps wurden um neue Schlüssel gebeten`,
      'callers-admitted': (n) => `Noch ein Anrufer über ${n} wurde eingelassen`,
      knock: (n) => `${n} klopft an`,
      'member-removed': (n) => `${n} wurde entfernt`,
      locked: () => 'Besprechung gesperrt',
      unlocked: () => 'Besprechung entsperrt',
      'caller-muted': (n) => `Ein Anrufer über ${n} wurde stummgeschaltet`,
      'caller-unmuted': (n) => `Ein Anrufer über ${n} darf wieder sprechen`,
      'caller-ended': (n) => `Ein Anrufer über ${n} wurde entfernt`,
      removed: () => 'Sie wurden entfernt',
      refused: () => 'Der Gastgeber hat Sie nicht eingelassen',
      'no-invite': () => 'Die Einladung in diesem Link gilt nicht',
      'taken-over': () => 'Ein anderer Gastgeber hat übernommen',
      'phone-invited': (n) => `${n} wurde gebeten, ein Telefon anzurufen`,
      'co-host-decided': (n) => `${n} hat als Mitgastgeber entschieden`,
      rekeyed: () => 'Neuer Besprechungsschlüssel',
      'host-lost': () => 'Kontakt zum Gastgeber verloren',
      'host-back': () => 'Der Gastgeber ist wieder da',
      ended: () => 'Besprechung beendet',
    },
  },
  start: {
    hostTitle: 'Besprechung starten',
    hostLead:
      'Die Schlüssel entstehen in diesem Browser und bleiben darin. Ohne Schlüssel hört niemand etwas, und Sie entscheiden, wer einen bekommt.',
    resumeTitle: 'Ihre Besprechung fortsetzen',
    resumeLead:
      'Sie haben diese Besprechung schon von diesem Browser aus geleitet. Beim Fortsetzen entstehen neue Schlüssel; wer noch da ist, wird wieder eingelassen, und eine Telefonbrücke muss erneut fragen.',
    memberTitle: 'An der Besprechung teilnehmen',
    memberLead:
      'Der Ton wird in diesem Browser verschlüsselt, bevor er ihn verlässt. Der Server dazwischen kann nicht mithören.',
    coHostLead:
      'Sie sind Mitgastgeber dieser Besprechung: Sie entscheiden wie der Gastgeber und können übernehmen, wenn er nicht mehr da ist.',
    name: 'Ihr Name',
    nameHint: 'Die anderen sehen ihn.',
    nameMissing: 'Geben Sie einen Namen ein, an dem die anderen Sie erkennen.',
    hostButton: 'Besprechung starten',
    resumeButton: 'Fortsetzen',
    memberButton: 'Teilnehmen',
    microphoneNote: 'Ihr Browser fragt nach dem Mikrofon. Sie können es jederzeit stumm schalten.',
    operatorTitle: 'Telefonbrücke dieses Servers',
    operatorBeside:
      'Der Schlüssel des Betreibers liegt auf der Brücke selbst: Wer diese Maschine übernimmt, übernimmt auch den Betreiber.',
    operatorLead:
      'Nur eine Brücke mit einem dieser Schlüssel kann jemals um telefonische Teilnahme bitten. Vergleichen Sie mit den Angaben des Betreibers:',
    thumbprint: 'Fingerabdruck des Schlüssels',
    browsers: 'Benötigt einen aktuellen Browser: Chrome oder Edge 137, Firefox 130, Safari 17.4 oder neuer.',
    trust:
      'Diese Seite kommt vom Betreiber der Telefonbrücke. Ihr Programm bekommt mit, was Sie sagen. Verwenden Sie also einen Server, dem Sie vertrauen.',
  },
  coHosts: {
    title: 'Mitgastgeber',
    lead: (address) =>
      `Ein Mitgastgeber entscheidet wie Sie und kann übernehmen, wenn Sie nicht mehr da sind. Lassen Sie sich den Code geben, den ${address} in seinem Browser anzeigt, und fügen Sie ihn vor dem Start hinzu.`,
    code: 'Gerätecode eines Mitgastgebers',
    add: 'Hinzufügen',
    remove: 'Entfernen',
    removeCode: (code) => `Mitgastgeber ${code} entfernen`,
    invalid:
      'Das ist kein Gerätecode. Er hat 43 Zeichen: Buchstaben, Ziffern, Bindestriche und Unterstriche.',
    known: 'Dieser Code steht schon in der Liste.',
    hostChange: 'Wenn ein Mitgastgeber übernimmt',
    askAgain: 'Telefonbrücken fragen erneut',
    drop: 'Anrufe werden beendet',
    pageTitle: 'Ihr Code als Mitgastgeber',
    pageLead:
      'Senden Sie diesen Code dem Gastgeber, bevor die Besprechung beginnt. Öffnen Sie danach den Einladungslink in diesem selben Browser.',
    copy: 'Code kopieren',
    pageNote:
      'Der Code ist kein Geheimnis. Er benennt einen Schlüssel, der in diesem Browser entstanden ist und ihn nicht verlassen kann; nur dieser Browser kann ihn benutzen.',
  },
  connecting: {
    microphone: 'Warten auf das Mikrofon: Ihr Browser fragt Sie jetzt',
    keys: 'Schlüssel entstehen in diesem Browser',
    server: 'Verbindung zur Besprechung',
    title: 'Gleich sind Sie dabei',
  },
  unsupported: {
    title: 'Dieser Browser kann die Besprechung nicht verschlüsselt halten',
    lead: 'Ihm fehlt:',
    advice: 'Verwenden Sie ein aktuelles Chrome, Edge, Firefox oder Safari, über https.',
  },
  evidence: {
    save: 'Beweisdatei speichern',
    lead: 'Ihre signierten Entscheidungen und die Quittungen der Brücke, für das Prüfprogramm. Wer die Datei hat, kann ohne Netz prüfen, wer wann hören konnte.',
  },
};
