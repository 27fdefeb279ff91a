import type { Texts } from './english.ts';
import { frenchDial } from './french-dial.ts';
import { frenchNotices } from './french-notices.ts';
import { chooser, counter } from './plural.ts';

const count = counter('fr');
const choose = chooser('fr');
const persons = (n: number): string => count(n, 'personne', 'personnes');
const phones = (n: number): string => count(n, 'téléphone', 'téléphones');
const can = (n: number): string => choose(n, 'peut', 'peuvent');

export const french: Texts = {
  ...frenchNotices,
  product: 'Latchkey',
  titleHost: 'Hôte · Latchkey',
  titleMember: 'Réunion · Latchkey',
  language: 'Langue',
  loading: 'Un instant…',
  again: 'Réessayer',
  reload: 'Revenir',
  reloadHost: 'Rouvrir la réunion',
  copied: 'Copié',
  copyFailed: 'La copie a échoué. Sélectionnez le texte et copiez-le vous-même.',

  truth: {
    sealed: (people) => `${persons(people)} ${can(people)} entendre. Aucun téléphone.`,
    sealedAlone: 'Vous êtes seul ici. Aucun téléphone.',
    sealedBody: 'Tout ce qui se dit ici est chiffré de navigateur à navigateur.',
    waiting: (people) => `${persons(people)} ${can(people)} entendre. Un téléphone attend dehors.`,
    waitingBody:
      'Le pont téléphonique est dans la réunion sans clé : il ne peut ni entendre ni être entendu.',
    asks: 'Un pont téléphonique demande la clé de la réunion.',
    asksBody: 'Il n’entend rien tant que l’hôte ne l’autorise pas.',
    open: (people, n) => `${persons(people)} et ${phones(n)} peuvent entendre.`,
    openBridge: (people) => `${persons(people)} et le pont téléphonique peuvent entendre.`,
    openBody: (operator) =>
      `Le pont téléphonique de ${operator} a la clé. Ce qui se dit ici y sort du chiffrement.`,
    speaks: (people, n) =>
      `${persons(people)} ${can(people)} entendre. ${phones(n)} ${can(n)} seulement parler.`,
    speaksBody: (operator) =>
      `Le pont téléphonique de ${operator} n’a que la clé de sa propre voix. Il ne peut pas ouvrir celles des autres.`,
    opening: (operator) => `${operator} est en train de recevoir la clé.`,
    locking: (left) =>
      left === 0 ? 'Exclusion du pont téléphonique…' : `Exclusion du pont téléphonique : reste ${left}`,
    lockingBody: 'Chaque navigateur passe à une clé que le pont n’a jamais eue.',
    noHost: 'L’hôte n’est pas là.',
    noHostBody:
      'Sans l’hôte, personne ne peut admettre un téléphone ni retirer une clé ; le son s’arrête donc jusqu’à son retour.',
    noHostCoHost:
      'Le son s’arrête jusqu’au retour de l’hôte, ou jusqu’à ce que vous repreniez la réunion. De nouvelles clés sont alors créées, et chaque pont téléphonique perd la sienne.',
    waitingForHost: 'En attente de l’hôte',
    waitingForHostBody:
      'Vous êtes connecté. La réunion commence quand l’hôte est là. Personne ne vous entend encore.',
    joining: 'En attente de la clé de réunion',
    joiningBody:
      'Le navigateur de l’hôte vérifie votre invitation ; dans une réunion verrouillée, ou après le retrait d’une clé, l’hôte vous fait entrer à la main. Personne ne vous entend encore.',
    alarm: 'Quelque chose ne va pas dans cette réunion',
    alarmBody: 'Lisez l’avertissement avant de continuer.',
    reconnecting: 'Connexion perdue. Nouvel essai…',
    locked: 'Verrouillée',
    takeOver: 'Reprendre la réunion',
    takeOverAsk: 'Devenir l’hôte ?',
    takeOverYes: 'Reprendre maintenant',
    takeOverNo: 'Attendre',
  },

  bridge: {
    title: 'Pont téléphonique',
    none: 'Aucun téléphone n’a appelé. Quand quelqu’un appelle et connaît le code PIN, le pont apparaît ici et attend.',
    noneMember: 'Aucun téléphone n’a appelé.',
    operatedBy: (operator) => `Exploité par ${operator}`,
    state: {
      waiting: 'Attend, sans clé',
      asking: 'Demande la clé',
      granted: 'Autorisé, prend la clé',
      'holds-key': 'A la clé',
      'locking-out': 'En cours d’exclusion',
      'locked-out': 'Exclu',
      'asked-to-rotate': 'Clé retirée, changement demandé aux applis',
      denied: 'Refusé, sans clé',
    },
    explain: {
      waiting:
        'Il est dans la réunion comme un invité devant la porte. Il ne peut pas entendre, et personne n’entend ses appelants.',
      asking: 'La question est posée à l’hôte. Jusqu’à la réponse, il ne peut pas entendre.',
      granted: 'L’hôte a dit oui. Il entend dès qu’il ouvre la clé.',
      'holds-key': 'Il entend tout le monde et le transmet aux appels ci-dessous.',
      'locked-out': 'Rien de ce qu’il a eu n’ouvre ce qui se dit maintenant.',
      'asked-to-rotate':
        'L’application a été priée de changer de clé et ne confirme pas l’avoir fait. Aucune exclusion n’est affirmée.',
      denied: 'L’hôte a dit non. Les appelants ont été prévenus. Ils peuvent redemander après une minute.',
    },
    explainListen:
      'Il entend tout le monde et le transmet aux appels ci-dessous. Les navigateurs rejettent ce qu’il envoie.',
    explainSpeak:
      'Il transmet les appels ci-dessous à la réunion. Il n’a aucune clé qui ouvre la voix des autres.',
    lockingLeft: (left) =>
      left === 0
        ? 'Exclusion…'
        : `Exclusion : ${count(left, 'navigateur doit', 'navigateurs doivent')} encore changer de clé`,
    lockedAfter: (seconds) => `Exclu après ${seconds} s`,
    revoke: 'Retirer la clé',
    revokeHint: 'Un clic. Chaque navigateur passe aussitôt à une nouvelle clé.',
    review: 'Voir la demande',
    callers: 'Appelants',
    noCallers: 'Aucun appel ne demande à entrer.',
    leg: { waiting: 'attend, n’entend rien', admitted: 'dans la réunion', left: 'a raccroché' },
    legMuted: 'muet',
    mute: 'Rendre muet',
    unmute: 'Rétablir',
    muteCaller: (caller) => `Rendre muet : ${caller}`,
    unmuteCaller: (caller) => `Rétablir le son de ${caller}`,
    end: 'Raccrocher',
    endCaller: (caller) => `Raccrocher ${caller}`,
    verification: {
      A: 'Numéro garanti par l’opérateur de l’appelant (A)',
      B: 'Client connu de l’opérateur, numéro non vérifié (B)',
      C: 'Numéro non vérifié par l’opérateur (C)',
      failed: 'Échec de la vérification du numéro : il peut être falsifié',
      absent: 'Numéro non vérifié : il peut être falsifié',
    },
    transport: {
      plain: 'Ligne téléphonique non chiffrée',
      provider: 'Chiffrée jusqu’au fournisseur de téléphonie',
      unknown: 'Chiffrement de la ligne téléphonique inconnu',
    },
    withheld: 'Numéro masqué',
    unknownCaller: 'Appelant inconnu',
    unknownOperator: 'un exploitant inconnu',
    scope: 'Autorisé à',
    audio: { both: 'entendre et parler', listen: 'écouter seulement', speak: 'parler seulement' },
    until: 'Jusqu’à',
    untilEnd: 'la fin de la réunion',
    untilAt: (time, left) => `${time} (encore ${left})`,
    later: 'Appelants suivants',
    laterEach: 'chacun demande',
    laterNext: (n) => `les ${n} prochains entrent sans demander`,
    laterAny: 'entrent sans demander',
    suite: 'Scellé avec',
    code: 'Code du pont',
    codeSame: 'Le pont dicte les mêmes chiffres à ses appelants.',
    identity: { 'first-use': 'Nouveau pour ce navigateur', changed: 'Identité changée' },
    ledger: 'Registre de consentement',
    ledgerState: {
      'first-seen': 'vu pour la première fois',
      consistent: 'prolonge ce qui a été vu',
      fork: 'contredit ce qui a été vu',
    },
  },

  prompt: {
    title: 'Laisser entrer le téléphone ?',
    lead: (operator) => ({
      before: 'Vous donnez la clé de la réunion à ',
      operator,
      after:
        ', qui promet de ne connecter que les appels que vous autorisez, de ne rien enregistrer et d’oublier la clé quand vous la retirez.',
    }),
    titleMore: 'Laisser entrer un autre appel ?',
    leadMore: (operator) => ({
      before: 'La clé de la réunion est déjà chez ',
      operator,
      after: '. Les appels de cette liste attendent dehors. Ils n’entrent que si vous les autorisez aussi.',
    }),
    reason: {
      'identity-changed': 'La clé de ce pont n’est pas celle que vous aviez autorisée.',
      'version-changed': 'Le logiciel de ce pont a changé depuis votre dernière autorisation.',
      'scope-growth': 'Il demande plus que ce que vous aviez autorisé.',
      again: 'Il a déjà eu la clé et la redemande.',
    },
    changedTitle: 'Ce n’est pas le pont que vous connaissez',
    changedBody: (previous) =>
      `Jusqu’ici, ce pont était exploité par ${previous} avec une autre clé. N’autorisez que si l’exploitant vous a annoncé ce changement par un autre moyen que cette page.`,
    changedBodyUnnamed:
      'Jusqu’ici, ce pont avait une autre clé. N’autorisez que si l’exploitant vous a annoncé ce changement par un autre moyen que cette page.',
    firstUseTitle: 'Nouveau pour ce navigateur',
    firstUseBody: 'Vous n’avez encore jamais autorisé ce pont d’ici.',
    codeBody: 'Demandez à un appelant quel code le pont lui dicte, et comparez :',
    code: 'Code du pont',
    codeWaiting: 'Le code arrive…',
    codeNote:
      'Des chiffres identiques montrent que vous et l’appelant êtes sur le même pont. Ils ne montrent pas qui l’exploite.',
    ledgerWaiting:
      'Le pont doit encore prouver que son registre de consentement n’a fait que croître. D’ici là, il ne peut pas être autorisé.',
    forkTitle: 'Son registre de consentement se contredit',
    forkBody:
      'Ce que ce pont présente ne prolonge pas ce que ce navigateur en a conservé : des entrées ont peut-être été retirées ou modifiées. Il ne peut pas être autorisé.',
    callers: (n) => choose(n, 'Cet appel attend votre réponse', 'Ces appels attendent votre réponse'),
    chooseCallers: 'Qui entre',
    chooseNone: 'Choisissez au moins un appelant, ou refusez.',
    merged: (n) =>
      `Votre réponse vaut aussi pour ${count(n, 'autre demande', 'autres demandes')} de ce pont.`,
    leavesTitle: 'Ce qui sort du chiffrement',
    leaves: (operator) =>
      `Chaque voix, de l’autorisation jusqu’au retrait : elle est déchiffrée sur une machine de ${operator} et continue sur le réseau téléphonique, qui peut écouter.`,
    leavesSpeak: (operator) =>
      `Rien de la réunion. Les voix des appelants passent par une machine de ${operator} et par le réseau téléphonique, qui peut écouter.`,
    stays: 'Ce qui a été dit avant reste scellé. Vous donnez une clé neuve qui n’ouvre rien de plus ancien.',
    audio: 'Ce que peuvent les appelants',
    audioBoth: 'Entendre et parler',
    audioListen: 'Écouter seulement',
    audioSpeak: 'Parler seulement',
    wants: {
      both: 'Le pont demande à entendre et à parler.',
      listen: 'Le pont demande seulement à écouter.',
      speak: 'Le pont demande seulement à parler.',
    },
    speakImpossible:
      'Parler seulement n’est pas possible en ce moment : il faut une clé propre à chaque voix, et aucune autre autorisation pour ce pont.',
    duration: 'Pour combien de temps',
    untilRevoked: 'Jusqu’au retrait',
    minutes: (n) => (n === 60 ? '1 heure' : `${n} minutes`),
    laterTitle: 'Appelants suivants',
    laterEach: 'Chacun me demande',
    laterNext: (n) => `Admettre les ${n} prochains`,
    laterAny: 'Admettre tout le monde',
    details: 'Vérifier qui demande',
    operatorKey: 'Clé de l’exploitant',
    bridgeKey: 'Clé du pont',
    connector: 'Pont',
    suite: 'Scellé avec',
    request: 'Demande',
    allow: 'Autoriser',
    allowSoon: 'Autoriser…',
    allowNot: 'Impossible d’autoriser',
    deny: 'Refuser',
    later: 'Décider plus tard',
    changed: 'La demande a changé. Relisez-la.',
    flash: '(!) Le téléphone demande la clé',
  },

  people: {
    title: 'Qui peut entendre',
    hasKey: 'a la clé',
    noKey: 'n’a pas encore de clé',
    speaksOnly: 'n’a que la clé de sa propre voix',
    you: 'Vous',
    host: 'Hôte',
    coHost: 'Co-hôte',
    bridge: 'Pont téléphonique',
    phone: 'Appel',
    cannotHear: 'Ne peut pas entendre',
    thumbprint: (t) => `Clé d’appareil ${t}`,
    empty: 'Il n’y a encore personne d’autre. Invitez quelqu’un.',
    unnamed: 'Sans nom',
    since: (time) => `depuis ${time}`,
    sinceEarlier: (time) => `depuis ${time} ou plus tôt`,
    leaving: 'parti, les clés changent',
    lockingOut: 'en cours d’exclusion',
    removeName: (name) => `Retirer ${name}`,
    removeAsk: (name) => `Retirer ${name} de la réunion ?`,
    removeYes: 'Retirer',
    removeNo: 'Garder',
    lock: 'Verrouiller la réunion',
    lockHint: 'Ni nouveau pont, ni nouvel appel. Un nouveau participant n’entre que par votre clic.',
    lockedNote:
      'La réunion est verrouillée : ni nouveau pont, ni nouvel appel, et des participants par clic de l’hôte seulement.',
  },

  dial: frenchDial,

  knock: {
    title: (n) => `${count(n, 'personne demande', 'personnes demandent')} à entrer`,
    why: {
      locked: 'La réunion est verrouillée',
      'after-revocation': 'Nouveau depuis le retrait d’une clé',
      'no-invite': 'Sans invitation valable',
    },
    admit: 'Faire entrer',
    refuse: 'Refuser',
    admitName: (name) => `Faire entrer ${name}`,
    refuseName: (name) => `Refuser ${name}`,
    note: 'Chacun a saisi son nom lui-même. N’admettez que les personnes attendues, et comparez la clé en cas de doute.',
  },

  invite: {
    title: 'Inviter',
    phone: 'Par téléphone',
    pin: 'Code PIN',
    code: 'Code, s’il est demandé',
    sip: 'Adresse SIP',
    link: 'Par navigateur',
    copyAll: 'Copier l’invitation',
    copyLink: 'Copier le lien',
    phoneNote: 'Un téléphone attend jusqu’à ce que vous le fassiez entrer.',
    pinNew: 'Ce code PIN est nouveau. Le précédent n’ouvre plus rien.',
    pinReplaced:
      'Remplacé. Ce connecteur ne sait pas par quoi ; l’exploitant de la passerelle peut le savoir. Ou faites-en tirer un nouveau : l’actuel n’ouvrira alors plus rien.',
    drawPin: 'Tirer un nouveau code PIN',
    message: (link, phone, digits) =>
      [
        'Vous êtes invité à une réunion chiffrée.',
        '',
        `Par navigateur : ${link}`,
        `Par téléphone : ${phone}`,
        digits,
        '',
        'Au téléphone, vous attendez que l’hôte vous fasse entrer. Le réseau téléphonique n’est pas chiffré.',
      ].join('\n'),
    codeLine: (code) => `Code de la réunion, s’il est demandé : ${code}`,
    pinLine: (pin) => `Code PIN : ${pin}`,
    or: (number, sip) => `${number} (ou ${sip})`,
  },

  security: {
    title: 'Sécurité',
    points: (epoch) => [
      'Son : AES-256-GCM, une clé par personne qui parle, renouvelée à chaque arrivée et à chaque départ.',
      `Le changement de clé numéro ${epoch} de cette réunion est en vigueur.`,
      'Les clés sont scellées avec X-Wing (X25519 et ML-KEM-768) pour le navigateur de chacun.',
      'Les décisions sont signées avec une clé d’appareil qui ne peut pas quitter son navigateur.',
    ],
    code: 'Code de sécurité',
    yourKey: 'Votre clé d’appareil',
    compare:
      'Tout le monde dans cette réunion voit le même code de sécurité. En cas de doute, comparez-le à voix haute.',
    operators: 'Ponts autorisés à demander',
    limits:
      'Le code de cette page vient de l’exploitant du pont. Quiconque a la clé pourrait laisser d’autres écouter ; le chiffrement tient tous les autres à l’écart.',
  },

  controls: {
    label: 'Microphone et réunion',
    mute: 'Couper',
    unmute: 'Rétablir',
    microphone: 'Microphone',
    defaultMicrophone: 'Microphone par défaut',
    leave: 'Quitter',
    end: 'Terminer pour tous',
    endAsk: 'Mettre fin à la réunion pour tout le monde ?',
    endYes: 'Terminer',
    endNo: 'Continuer',
    denied:
      'Le navigateur bloque le microphone. Vous pouvez écouter. Pour parler, autorisez-le dans la barre d’adresse, puis réessayez.',
    missing: 'Aucun microphone trouvé. Vous pouvez écouter. Branchez-en un, puis réessayez.',
    failed: 'Le microphone ne répond pas. Un autre programme l’utilise peut-être.',
    off: 'Microphone coupé',
    listen: 'Entendre la réunion',
    listenNote: 'Votre navigateur attend un clic avant de diffuser le son.',
  },

  say: {
    dial: (name, how) => `${name} : ${how}`,
    joined: (name) => `${name} a rejoint la réunion`,
    left: (name) => `${name} est parti`,
    bridgeWaiting: (operator) => `Un pont téléphonique, exploité par ${operator}, attend sans clé`,
    bridgeAsks: (operator) => `${operator} demande la clé de la réunion`,
    bridgeHolds: (operator) => `${operator} a maintenant la clé de la réunion`,
    bridgeDenied: (operator) => `${operator} a été refusé`,
    bridgeLocking: 'Exclusion du pont téléphonique en cours',
    bridgeLocked: (seconds) => `Le pont téléphonique est exclu après ${seconds} secondes`,
    bridgeLockedPlain: 'Le pont téléphonique est exclu',
    bridgeGone: 'Le pont téléphonique est parti',
    callerIn: (caller) => `${caller} est dans la réunion`,
    callerOut: (caller) => `${caller} a raccroché`,
    callerMuted: (caller) => `${caller} est muet`,
    callerUnmuted: (caller) => `${caller} n’est plus muet`,
    knocks: (name) => `${name} demande à entrer`,
    locked: 'La réunion est verrouillée',
    unlocked: 'La réunion n’est plus verrouillée',
    hostGone: 'L’hôte n’est plus là. Le son s’arrête jusqu’à son retour',
    hostBack: 'L’hôte est là',
    youHost: 'Vous êtes maintenant l’hôte',
    inMeeting: 'Vous êtes dans la réunion',
    muted: 'Microphone coupé',
    unmuted: 'Microphone rétabli',
  },
};
