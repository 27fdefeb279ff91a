import { counter } from '../../pages/text/plural.ts';
import type { Texts } from './english.ts';

const n = counter('fr');

export const french: Texts = {
  title: 'Vérifier un registre des consentements · Latchkey',
  language: 'Langue',
  offline: 'Rien ne quitte cette page',

  start: {
    title: 'Vérifier un registre des consentements',
    lead: 'Un registre Latchkey dit qui a donné la clé d’une réunion à un pont téléphonique, quand elle a été reprise, et qui au téléphone pouvait entendre entre-temps. Cette page vérifie chaque signature et chaque empreinte qu’il contient, ici, dans votre navigateur.',
    drop: 'Déposez un export ici',
    checking: (name) => `Vérification de ${name}`,
    made: ['Fait avec ', ' : un fichier de lignes JSON.'],
    kept: 'Ajoutez ce que vous avez gardé vous-même : le fichier de preuve d’un hôte, un point de contrôle noté auparavant. Ils sont confrontés à l’export ; un fichier de preuve peut aussi être vérifié seul.',
    choose: 'Choisir des fichiers',
    notesLabel: 'Ce que fait cette page',
    notes: [
      [
        'Elle ne croit personne sur parole',
        'Hôtes et participants ont signé ce qu’ils ont décidé. La page calcule à partir de cela, non de ce que dit le pont.',
      ],
      [
        'Elle fonctionne hors ligne',
        'Elle ne se connecte à rien et ne garde rien. Débranchez d’abord le réseau, si vous voulez.',
      ],
      [
        'Elle trouve ce qui a été changé',
        'Un octet, un événement, un ordre, une date, une clé : ce qui ne tient pas est nommé, avec sa place.',
      ],
    ],
  },

  faults: {
    unreadable: (name, why) => `« ${name} » ne peut pas être lu : ${why}.`,
    empty: 'le fichier est vide',
    'not-an-export':
      'ce n’est ni un export de registre de version 1, ni le fichier de preuve d’un hôte, ni un point de contrôle',
    'not-a-record': (line) => `la ligne ${line} de l’export n’est pas un enregistrement`,
    'too-long': 'il est plus long, ou a une ligne plus longue, que tout fichier de ce genre',
    'not-text': 'ce n’est pas du texte en UTF-8',
    'ledger-itself':
      'c’est le registre lui-même, non son export : écrivez-en un avec « latchkey ledger export --out FICHIER »',
    'bad-evidence': 'ce n’est pas un fichier de preuve de version 1',
    browser: 'ce navigateur ne le donne pas à la page',
    'checkpoint-alone':
      'Un point de contrôle seul ne prouve rien : ajoutez l’export auquel il doit être confronté.',
  },

  verdict: {
    good: 'Le registre est vérifié',
    bad: 'Le registre n’est pas vérifié',
    evidenceGood: 'Les preuves sont vérifiées',
    evidenceBad: 'Les preuves ne sont pas vérifiées',
    broken:
      'Quelque chose y a été changé, omis ou inventé. Ce qui suit est ce qu’il dit, non ce qui est prouvé.',
    trusted: 'Chaque signature et chaque empreinte tient, sous une clé à laquelle vous vous fiez.',
    consistent:
      'Chaque signature et chaque empreinte tient. Qui l’a écrit pourrait quand même l’avoir inventé en entier : donnez une empreinte de clé que vous tenez d’ailleurs.',
    evidenceAlone:
      'Ce que l’hôte a signé forme une chaîne, et ce qui lui a été prouvé tient. Pour savoir si le registre le dit encore, il faut aussi son export.',
    events: (count) => n(count, 'événement', 'événements'),
    messages: (count) => n(count, 'message signé', 'messages signés'),
    other: 'Vérifier autre chose',
  },

  findings: {
    title: 'Constats',
    none: 'Rien à signaler : aucun trou, aucun changement, aucune signature qui ne tienne pas.',
    more: (count) => `… et ${count} autres.`,
    event: (seq) => `Événement ${seq} : `,
    line: (line) => `Preuves, ligne ${line} : `,
    severity: { broken: 'Faux', warning: 'Alerte', note: 'Note' },
  },

  unchecked: {
    title: 'Ce qui n’a pas pu être vérifié',
    untrusted: 'À qui est le registre : aucune empreinte de clé que vous tenez d’ailleurs n’a été donnée.',
    unremembered:
      'S’il a été récrit en entier : ni fichier de preuve, ni point de contrôle gardé par quelqu’un n’a été donné.',
    unwitnessed: 'Si le même registre a été montré à d’autres : personne ne l’a contresigné.',
    cosignedTo: (size, all) =>
      `${n(all - size, 'dernier événement n’est contresigné', 'derniers événements ne sont contresignés')} par personne : seul le connecteur dit que rien n’a été omis après l’événement ${size - 1}.`,
    withoutExport:
      'Si le registre contient encore ce qui a été prouvé à l’hôte : son export n’a pas été donné.',
    pruned: (count) =>
      `Ce qui se trouvait dans ${n(count, 'événement élagué', 'événements élagués')} : il n’en reste que des empreintes.`,
    erased: (count) =>
      `${n(count, 'effacement inscrit', 'effacements inscrits')} de données personnelles : on ne peut plus montrer qui était nommé ainsi.`,
    noLabels:
      'Qui sont les appelants : le registre contient des empreintes de leurs libellés, et l’export a été fait sans les libellés.',
    claimed: (count) =>
      `${n(count, 'fin', 'fins')} d’écoute : seule la parole du connecteur est inscrite, la durée la plus longue est donc montrée.`,
    lasting: (count) =>
      `${n(count, 'durée n’a', 'durées n’ont')} pas de fin dans ce registre : la suite n’y est pas.`,
    cut: 'La fin de la réunion : le fichier de preuve était plein avant.',
    leftOut: (count) =>
      `${n(count, 'numéro', 'numéros')} de la chaîne de l’hôte : les signes de vie ne sont pas dans un fichier de preuve.`,
    otherMeetings: (count) =>
      `${n(count, 'autre réunion', 'autres réunions')} de ce registre : le fichier de preuve ne concerne qu’une réunion.`,
    clock:
      'L’heure : c’est l’horloge du connecteur lui-même. Ce que lient les preuves, c’est l’ordre et les écarts.',
    people:
      'Qui était au téléphone ou devant un navigateur : ce sont des clés qui signent, non des personnes. Ce qui a été dit n’est écrit nulle part.',
  },

  trust: {
    title: 'Une clé à laquelle vous vous fiez',
    label: 'Empreinte',
    help: 'De la clé de l’exploitant ou du registre : du site de l’exploitant, d’un contrat ou de vos propres notes.',
    check: 'Vérifier avec elle',
  },

  kept: {
    title: 'Ce que vous avez gardé vous-même',
    none: 'Rien encore. Le fichier de preuve d’un hôte, ou un point de contrôle noté auparavant, montre si le registre a été récrit depuis.',
    evidence: 'Fichier de preuves d’un hôte',
    checkpoint: 'Point de contrôle gardé',
    add: 'Ajouter des fichiers',
    remove: (name) => `Retirer ${name}`,
  },

  evidence: {
    title: 'Les preuves de l’hôte',
    meeting: 'Réunion',
    hosts: 'Clés de ses hôtes',
    operators: 'Exploitants rencontrés',
    rotated: (from) => `succède à ${from}`,
    messages: 'Messages signés',
    proven: 'Prouvé comme inscrit au registre',
    provenText: (count) => n(count, 'accord ou clé', 'accords et clés'),
    decisions: 'Décidé par des co-hôtes',
    cosigned: 'Contresigné par',
    keys: (count) => n(count, 'clé', 'clés'),
    none: 'aucun',
  },

  ledger: {
    title: 'À qui est ce registre',
    operator: 'Exploitant',
    operatorKey: 'Clé de l’exploitant',
    connector: 'Connecteur',
    ledgerKey: 'Clé du registre',
    root: 'Racine de l’arbre',
    noRoot: 'aucune qui tienne',
    witnesses: 'Témoins',
    noWitness: 'personne ne l’a contresigné',
    cosigned: (count) => `${n(count, 'clé indépendante l’a', 'clés indépendantes l’ont')} contresigné`,
    notStated: 'non indiqué',
  },

  meetings: {
    title: 'Réunions',
    none: 'Aucun pont n’a demandé de clé dans ce registre.',
    meeting: 'Réunion',
    choice: (number, all, id) => `${number} sur ${all} · ${id}`,
    leftOut: (count) =>
      `${n(count, 'événement ultérieur vérifié et non montré', 'événements ultérieurs vérifiés et non montrés')} : « latchkey ledger intervals » montre tout.`,
  },

  timeline: {
    title: 'Qui a entendu qui, et quand',
    label: (day, from, to, lanes) =>
      `${day}, de ${from} à ${to} UTC : ${lanes}. Les tableaux ci-dessous disent la même chose en mots.`,
    bridge: 'Pont',
    numberedBridge: (number) => `Pont ${number}`,
    caller: (number) => `Appelant ${number}`,
    held: 'avait la clé',
    could: {
      both: 'pouvait entendre et parler',
      hear: 'pouvait seulement entendre',
      speak: 'pouvait seulement parler',
    },
    neverKey: 'n’a jamais eu la clé',
    neverHeard: 'n’a jamais entendu ni parlé',
    during: (what, duration) => `${what} pendant ${duration}`,
    noEnd: (said) => `${said}, sans fin inscrite`,
    span: (what, from, to, end) => `${what}, de ${from} à ${to}. ${end}`,
    mark: (seq, at, what) => `Événement ${seq}, ${at} : ${what}`,
    legend: 'Légende',
    bridgeHeld: 'le pont avait la clé',
    onTheLine: 'en ligne, dit le connecteur',
    marks: {
      request: 'demandé',
      grant: 'accordé ou admis',
      no: 'refusé ou sans réponse',
      revoked: 'repris ou terminé',
      crash: 'hôte perdu',
    },
  },

  intervals: {
    title: 'Ce que chaque appelant pouvait entendre et dire',
    none: 'Aucun appelant n’a pu entendre ou parler dans cette réunion.',
    caller: 'Appelant',
    could: 'Pouvait',
    from: 'De',
    until: 'À',
    duration: 'Durée',
    word: 'Sur la parole de qui',
    able: { both: 'entendre et parler', hear: 'entendre seulement', speak: 'parler seulement' },
    reason: (seq, why) => `Événement ${seq} : ${why}.`,
    grant: 'Accord',
    list: 'Liste de l’hôte',
    byHost: 'sous la clé d’hôte',
    end: {
      proven: 'Terminé par ce que hôtes et participants ont signé.',
      claimed: 'Terminé sur la seule parole du connecteur.',
      lasting: 'Aucune fin n’est inscrite.',
    },
    witnesses: (count) => `${n(count, 'témoin', 'témoins')} jusqu’à la fin.`,
  },

  events: {
    title: 'Tout ce qui est inscrit',
    event: 'Événement',
    when: 'Quand',
    what: 'Quoi',
    whom: 'De qui',
  },

  duration: { s: 's', min: 'min', h: 'h' },

  types: {
    start: 'Le connecteur a démarré',
    stop: 'Le connecteur s’est arrêté',
    recovered: 'Le connecteur est revenu après une panne',
    drain: 'Le connecteur a commencé à s’arrêter',
    'registration-seen': 'La réunion a été enregistrée',
    'meeting-taken': 'Ce connecteur a pris la réunion parmi plusieurs',
    'instance-start': 'L’hôte a ouvert la réunion',
    'instance-end': 'L’hôte a terminé la réunion',
    request: 'Le pont a demandé la clé',
    grant: 'L’hôte a accordé la clé',
    denial: 'L’hôte a dit non',
    decision: 'Un co-hôte a décidé',
    expired: 'Personne n’a répondu au pont',
    'leg-asked': 'Le pont a demandé d’admettre des appelants',
    'leg-admitted': 'L’hôte a admis l’appelant',
    'dial-requested': 'Un hôte a demandé d’appeler un téléphone',
    'dial-ended': 'L’appel vers ce téléphone a pris fin, ou la personne a accepté',
    'leg-refused': 'L’attente de l’appelant a pris fin sans un oui',
    'leg-joined': 'L’appelant est entré dans la salle',
    'leg-left': 'L’appelant a quitté la salle',
    'leg-muted': 'L’hôte a terminé l’appelant ou l’a rendu muet',
    'notice-answered': 'L’appelant a répondu à l’avis',
    'call-ended': 'L’appel a pris fin',
    'pin-refused': 'Un code PIN a été refusé',
    'pin-replaced': 'L’hôte a fait tirer un nouveau code PIN',
    'key-opened': 'Le pont a ouvert la clé',
    rekeyed: 'L’hôte a donné au pont la clé suivante',
    'key-destroyed': 'Le pont a détruit sa clé',
    receipt: 'Le pont a signé un reçu',
    revoked: 'L’hôte a repris la clé',
    'gate-closed': 'Le pont a fermé sa porte',
    'heartbeat-lost': 'Le pont a perdu l’hôte de vue',
    refused: 'Un message a été refusé',
    'operator-action': 'L’exploitant a fait quelque chose',
    'admin-action': 'Un exploitant a demandé une action',
  },
};
