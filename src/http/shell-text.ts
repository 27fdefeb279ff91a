/** The words of the documents themselves: the landing page, and what a page says where no script runs. */
export interface ShellText {
  readonly noScriptTitle: string;
  readonly noScript: string;
  readonly title: string;
  readonly lead: string;
  readonly host: readonly [title: string, body: string, link: string];
  readonly browser: readonly [title: string, body: string];
  readonly phone: readonly [title: string, body: string];
  /** The link to the ledger’s verifier. */
  readonly verify: string;
  readonly operator: string;
}

export const shellTexts = {
  en: {
    noScriptTitle: 'JavaScript is needed',
    noScript: 'Keys for this meeting are made and kept in your browser, which takes JavaScript.',
    title: 'A phone can join an encrypted meeting. After the host says yes.',
    lead: 'Latchkey connects telephone callers to end-to-end encrypted meetings. It waits in the meeting like anybody else, in plain sight and without a key, until the host hands it one. The host can take that back with one click.',
    host: [
      'To host',
      'Open the one-time host link that Latchkey printed in its terminal when it started. Your browser makes the keys, and only your browser has them.',
      'Host page',
    ],
    browser: [
      'To join by browser',
      'Use the invitation link that the host sent you. The part behind the # opens the meeting to you, and your browser never sends it to a server.',
    ],
    phone: [
      'To join by phone',
      'Call the number in the invitation and enter its PIN. You wait until the host lets your call in. From then on your words cross the telephone network, which can listen.',
    ],
    verify: 'Check an export of a consent ledger',
    operator:
      'Who operates this server operates the phone bridge. After a host says yes, the bridge hears the meeting, as a telephone must. Until then, it cannot.',
  },
  de: {
    noScriptTitle: 'JavaScript wird gebraucht',
    noScript:
      'Die Schlüssel dieser Besprechung entstehen in Ihrem Browser und bleiben darin; dazu braucht er JavaScript.',
    title: 'Ein Telefon kann an einer verschlüsselten Besprechung teilnehmen. Wenn der Gastgeber zustimmt.',
    lead: 'Latchkey verbindet Anrufer mit Besprechungen, die von Ende zu Ende verschlüsselt sind. Es wartet in der Besprechung wie alle anderen, für jeden sichtbar und ohne Schlüssel, bis der Gastgeber ihm einen gibt. Mit einem Klick nimmt er ihn zurück.',
    host: [
      'Als Gastgeber',
      'Öffnen Sie den Gastgeber-Link, den Latchkey beim Start im Terminal ausgegeben hat. Er gilt einmal. Die Schlüssel entstehen in Ihrem Browser, und nur er hat sie.',
      'Gastgeber-Seite',
    ],
    browser: [
      'Teilnahme im Browser',
      'Verwenden Sie den Einladungslink des Gastgebers. Der Teil hinter dem # öffnet Ihnen die Besprechung; Ihr Browser sendet ihn nie an einen Server.',
    ],
    phone: [
      'Teilnahme per Telefon',
      'Rufen Sie die Nummer aus der Einladung an und geben Sie die PIN ein. Sie warten, bis der Gastgeber Ihren Anruf einlässt. Von da an gehen Ihre Worte über das Telefonnetz, das mithören kann.',
    ],
    verify: 'Export eines Zustimmungsprotokolls prüfen',
    operator:
      'Wer diesen Server betreibt, betreibt auch die Telefonbrücke. Hat ein Gastgeber zugestimmt, hört sie die Besprechung, wie ein Telefon es muss. Bis dahin kann sie es nicht.',
  },
  fr: {
    noScriptTitle: 'JavaScript est nécessaire',
    noScript:
      'Les clés de cette réunion sont créées et gardées dans votre navigateur, ce qui demande JavaScript.',
    title: 'Un téléphone peut rejoindre une réunion chiffrée. Quand l’hôte dit oui.',
    lead: 'Latchkey relie des appels téléphoniques à des réunions chiffrées de bout en bout. Il attend dans la réunion comme tout le monde, bien visible et sans clé, jusqu’à ce que l’hôte lui en donne une. L’hôte la reprend d’un seul clic.',
    host: [
      'Pour animer',
      'Ouvrez le lien d’hôte à usage unique que Latchkey a affiché dans son terminal au démarrage. Votre navigateur crée les clés, et lui seul les a.',
      'Page de l’hôte',
    ],
    browser: [
      'Pour rejoindre par navigateur',
      'Utilisez le lien d’invitation que l’hôte vous a envoyé. La partie après le # vous ouvre la réunion, et votre navigateur ne l’envoie jamais à un serveur.',
    ],
    phone: [
      'Pour rejoindre par téléphone',
      'Appelez le numéro de l’invitation et saisissez son code PIN. Vous attendez que l’hôte fasse entrer votre appel. Dès lors, vos paroles passent par le réseau téléphonique, qui peut écouter.',
    ],
    verify: 'Vérifier un export du registre des consentements',
    operator:
      'Qui exploite ce serveur exploite le pont téléphonique. Quand un hôte a dit oui, le pont entend la réunion, comme un téléphone doit l’entendre. Jusque-là, il ne le peut pas.',
  },
  es: {
    noScriptTitle: 'Se necesita JavaScript',
    noScript:
      'Las claves de esta reunión se crean y se guardan en su navegador, y para eso hace falta JavaScript.',
    title: 'Un teléfono puede entrar en una reunión cifrada. Cuando el anfitrión dice que sí.',
    lead: 'Latchkey conecta llamadas telefónicas con reuniones cifradas de extremo a extremo. Espera en la reunión como cualquiera, a la vista de todos y sin clave, hasta que el anfitrión le da una. El anfitrión la retira con un solo clic.',
    host: [
      'Para dirigir',
      'Abra el enlace de anfitrión de un solo uso que Latchkey mostró en su terminal al arrancar. Su navegador crea las claves, y solo él las tiene.',
      'Página del anfitrión',
    ],
    browser: [
      'Para entrar por navegador',
      'Use el enlace de invitación que le envió el anfitrión. La parte que sigue al # le abre la reunión, y su navegador nunca la envía a un servidor.',
    ],
    phone: [
      'Para entrar por teléfono',
      'Llame al número de la invitación e introduzca su PIN. Espere hasta que el anfitrión deje entrar su llamada. Desde entonces sus palabras pasan por la red telefónica, que puede escuchar.',
    ],
    verify: 'Comprobar una exportación del registro de consentimientos',
    operator:
      'Quien opera este servidor opera el puente telefónico. Cuando un anfitrión dice que sí, el puente oye la reunión, como debe oírla un teléfono. Hasta entonces no puede.',
  },
} as const satisfies Readonly<Record<string, ShellText>>;

export type ShellLanguage = keyof typeof shellTexts;
export const shellLanguages = Object.keys(shellTexts) as readonly ShellLanguage[];

/** The first language of an Accept-Language header that there are words for, by weight; else English (RFC 9110 §12.5.4). */
export function acceptedLanguage(header: string | undefined): ShellLanguage {
  const wanted = (header ?? '')
    .slice(0, 200)
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
      const weight = parameters.map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find((q) => q !== undefined);
      return { code: range.split('-')[0], weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { code } of wanted) {
    const found = shellLanguages.find((language) => language === code);
    if (found !== undefined) return found;
  }
  return 'en';
}
