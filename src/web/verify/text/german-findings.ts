import type { FindingTexts } from './finding-texts.ts';

export const germanFindings: FindingTexts = {
  findings: {
    'leaf-missing': 'Eine Stelle des Protokolls ist leer: Einträge wurden gelöscht oder umgestellt.',
    'leaf-repeated': 'Eine Stelle steht zweimal oder nicht in der Reihe.',
    'leaf-not-canonical': 'Die Bytes eines Eintrags sind kein kanonisches JSON.',
    'leaf-malformed': 'Ein Eintrag hat nicht die Bestandteile eines Eintrags.',
    'leaf-moved': 'Ein Eintrag nennt eine andere Stelle als die, an der er steht.',
    'leaf-changed': 'Die Bytes eines Eintrags haben nicht den Hash, der mit ihnen gespeichert wurde.',
    'leaf-withheld':
      'Der Inhalt eines Eintrags fehlt, und kein verzeichnetes Ausdünnen gibt darüber Rechenschaft.',
    'checkpoint-malformed': 'Ein Prüfpunkt ist kein Prüfpunkt in der Form von C2SP.',
    'checkpoint-signature': 'Ein Prüfpunkt ist nicht mit dem Schlüssel dieses Protokolls unterschrieben.',
    'checkpoint-foreign': 'Ein Prüfpunkt gehört zu einem anderen Protokoll.',
    'checkpoint-size': 'Ein Prüfpunkt nennt eine andere Größe als die, unter der er abgelegt ist.',
    'root-mismatch':
      'Die Einträge ergeben nicht die Wurzel eines unterschriebenen Prüfpunkts: Etwas davor wurde verändert.',
    'log-cut-short': 'Ein Prüfpunkt deckt mehr Einträge, als da sind: Das Ende des Protokolls fehlt.',
    'log-uncovered':
      'Die letzten Einträge deckt kein unterschriebener Prüfpunkt: Jemand anderes hat sie angefügt, oder der Konnektor wurde im Augenblick vor der Unterschrift beendet, was sein nächster Start nachholt.',
    'log-forked':
      'Ein Prüfpunkt, den jemand aufgehoben hat, ist nicht Teil dieses Protokolls: Es wurde neu geschrieben.',
    'key-unknown':
      'Das Protokoll nennt nirgends seinen eigenen Schlüssel, sodass kein Prüfpunkt geprüft werden kann.',
    'key-untrusted':
      'Weder der Schlüssel dieses Protokolls noch der seines Betreibers ist einer, dem Sie vertrauen.',
    'key-changed': 'Das Protokoll nennt einen anderen Schlüssel als zuvor.',
    'certificate-invalid':
      'Ein Zertifikat des Konnektors ist nicht von dem Betreiber unterschrieben, den es nennt.',
    'run-unopened': 'Einträge eines Laufs stehen vor seinem Beginn oder nach seinem Ende.',
    'run-unclosed': 'Ein Lauf begann, ohne dass der vorige beendet oder wiederhergestellt war.',
    'recovery-incomplete': 'Eine Wiederherstellung schließt nicht alles, was offen war.',
    'time-backwards':
      'Innerhalb eines Laufs ging die monotone Uhr zurück: Einträge wurden rückdatiert oder verschoben.',
    'clock-jumped':
      'Wanduhr und monotone Uhr des Konnektors weichen um mehr als zwei Sekunden voneinander ab.',
    'registration-mismatch':
      'Eine Anmeldung ergibt nicht den Hash der Besprechung, unter der sie abgelegt ist.',
    'registration-missing':
      'Eine Besprechung hat Nachrichten, aber keine Anmeldung sagt, von wem sie sein dürfen.',
    'message-malformed': 'Eine unterschriebene Nachricht ist nicht in ihrer einzig gültigen Form.',
    'message-missing': 'Ein Eintrag, der eine unterschriebene Nachricht enthalten muss, enthält keine.',
    'message-type': 'Ein Eintrag enthält eine Nachricht anderer Art als seiner eigenen.',
    'message-signature':
      'Eine Nachricht ist nicht mit dem Schlüssel unterschrieben, mit dem sie es sein muss.',
    'message-signer-unknown':
      'Eine Nachricht ist von niemandem unterschrieben, der in dieser Besprechung bekannt ist.',
    'message-misfiled':
      'Eine Nachricht gehört zu einer anderen Besprechung oder Brücke, als ihr Eintrag sagt.',
    'message-contradicted': 'Die Angaben in einem Eintrag sind nicht die der Nachricht darin.',
    'host-equivocated':
      'Ein Gastgeber hat zwei verschiedene Nachrichten mit derselben Nummer unterschrieben.',
    'host-chain-broken': 'Eine Nachricht des Gastgebers folgt nicht auf die vor ihr.',
    'grant-unasked': 'Eine Freigabe oder Absage antwortet auf keine Anfrage dieses Protokolls.',
    'request-reused': 'Eine Anfrage wurde zweimal beantwortet.',
    'epoch-not-fresh': 'Ein Schlüssel wurde für eine Epoche versiegelt, die nicht über denen davor liegt.',
    'key-without-grant':
      'Ein Schlüssel wurde geöffnet, ohne dass für seine Epoche eine Freigabe verzeichnet ist.',
    'leg-over-scope': 'Ohne Klick wurden mehr Anrufer eingelassen, als die Freigabe erlaubt.',
    'key-after-revocation':
      'Ein Schlüssel wurde geöffnet, obwohl der Gastgeber ihn zuvor zurückgenommen hatte.',
    'leg-without-grant': 'Ein Anrufer kam herein, den kein Gastgeber eingelassen hat.',
    'personal-mismatch': 'Eine persönliche Angabe ist nicht die, auf die sich ihr Eintrag festgelegt hat.',
    'personal-erased': 'Persönliche Angaben wurden gelöscht; ihre Festlegungen bleiben.',
    'leaves-pruned': 'Einträge wurden durch ein verzeichnetes Ausdünnen entfernt; ihre Hashes bleiben.',
    'cosignature-invalid':
      'Eine Gegenzeichnung ist nicht, was ihr Zeuge unterschrieb, oder nicht über einen Prüfpunkt dieses Protokolls.',
    'cosignature-unplaced': 'Eine Gegenzeichnung gilt einer Größe, die das Protokoll kurz zuvor nicht hatte.',
    'cosigned-fork':
      'Ein Zeuge hat einen Prüfpunkt gegengezeichnet, der nicht Teil dieses Protokolls ist: Es wurde neu geschrieben, oder anderen wurde ein anderes gezeigt.',
    'receipt-missing': 'Der Konnektor hat zu einer Freigabe keine Quittung verzeichnet: Er gilt als hörend.',
  },
  evidence: {
    'evidence-malformed': 'Eine Zeile ist nicht, was eine Zeile einer Beweisdatei ist.',
    'evidence-cut':
      'Das Programm des Gastgebers hat nicht mehr aufgehoben: Die Besprechung war länger als die Datei.',
    'evidence-signature':
      'Eine Nachricht ist nicht mit dem Schlüssel unterschrieben, mit dem sie es sein muss.',
    'evidence-operator':
      'Ein Zertifikat ist von einem Betreiber, den die Anmeldung nicht nennt und der auch keinem davon nachfolgt.',
    'evidence-untrusted':
      'Der Betreiber eines Konnektors ist keiner, dem Sie vertrauen, und folgt auch keinem davon nach.',
    'evidence-decision':
      'Eine Freigabe oder Einlassung beruft sich auf die Entscheidung eines Mitgastgebers, die nicht da ist oder etwas anderes sagt.',
    'evidence-equivocation':
      'Der Gastgeber hat zwei verschiedene Nachrichten mit derselben Nummer unterschrieben.',
    'evidence-chain': 'Eine Nachricht des Gastgebers folgt nicht auf die vor ihr.',
    'evidence-receipt':
      'Eine Quittung beweist nicht, dass das Protokoll enthält, was der Gastgeber unterschrieb.',
    'evidence-fork':
      'Die Prüfpunkte, die in dieser Besprechung gezeigt wurden, sind nicht die eines einzigen Protokolls.',
    'evidence-witness': 'Eine Gegenzeichnung gilt nicht dem Prüfpunkt, den sie nennt.',
    'evidence-missing': 'Das Protokoll enthält einen Eintrag nicht, der dem Gastgeber bewiesen wurde.',
    'evidence-foreign': 'Das Protokoll ist keines von denen in dieser Beweisdatei.',
  },
  why: {
    grant: 'ein angemeldeter Gastgeber gab der Brücke den Schlüssel',
    listed: 'ein angemeldeter Gastgeber führte die Brücke als Schlüsselinhaberin',
    scope: 'eine spätere Freigabe änderte, was die Brücke darf',
    switched:
      'jeder Sender hatte unterschrieben, dass er zu einem Schlüssel wechselte, den die Brücke nicht bekam',
    asked:
      'Programme wurden gebeten, zu einem Schlüssel zu wechseln, den die Brücke nicht bekam; niemand bestätigt, dass sie es taten, und kein Aussperren wird behauptet',
    tenSeconds:
      '10 s nachdem der Gastgeber einen neuen Schlüssel anführte, den die Brücke nicht bekam: so lange darf ein Sender den alten höchstens benutzen',
    alone:
      'der Gastgeber führte einen neuen Schlüssel an, den die Brücke nicht bekam, und sonst war niemand da',
    instanceEnded:
      '10 s nachdem der Gastgeber seine Besprechung beendete: so lange sendet höchstens jemand ohne Gastgeber weiter',
    admitted: 'ein angemeldeter Gastgeber ließ den Anrufer ein',
    roster: 'ein angemeldeter Gastgeber führte den Anrufer als eingelassen',
    unlisted: 'ein angemeldeter Gastgeber führte den Anrufer nicht mehr als eingelassen',
    ended: 'ein angemeldeter Gastgeber beendete den Anrufer',
    joined: 'der Konnektor sagt, dass der Anrufer hereinkam',
    left: 'der Konnektor sagt, dass der Anrufer ging, nachdem der Gastgeber ihn beendet hatte',
    stated:
      '10 s nachdem der Konnektor geschlossen haben will; kein unterschriebenes Aussperren ist verzeichnet',
    crash:
      '10 s nachdem der Konnektor nach einem Absturz wieder startete; kein unterschriebenes Aussperren ist verzeichnet',
    stop: '10 s nachdem der Konnektor anhielt; kein unterschriebenes Aussperren ist verzeichnet',
  },
};
