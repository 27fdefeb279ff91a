import type { Notices } from './english-notices.ts';

export const frenchNotices: Notices = {
  blocked: {
    'no-claim': [
      'Ouvrez d’abord le lien d’hôte',
      'Au démarrage, Latchkey affiche dans son terminal un lien d’hôte à usage unique. Ouvrez ce lien : cette adresse seule ne démarre rien.',
    ],
    'claim-unknown': [
      'Ce lien d’hôte est périmé',
      'Chaque démarrage de Latchkey affiche un nouveau lien d’hôte. Utilisez le plus récent de son terminal.',
    ],
    'already-claimed': [
      'Ce lien d’hôte a déjà servi',
      'Il ne fonctionne qu’une fois, dans un seul navigateur. Si ce n’était pas vous, redémarrez Latchkey : il affichera un nouveau lien, et l’ancienne réunion aura disparu.',
    ],
    'link-incomplete': [
      'Ce lien d’invitation est incomplet',
      'La partie après le # manque ou est abîmée. C’est elle qui vous ouvre la réunion : demandez à l’hôte de renvoyer le lien entier.',
    ],
    'meeting-unknown': [
      'Aucune réunion à ce lien',
      'Le serveur ne connaît aucune réunion à ce lien. Elle est peut-être terminée. Demandez une nouvelle invitation à l’hôte.',
    ],
    'meeting-changed': [
      'N’allez pas plus loin : la réunion ne correspond pas à votre lien',
      'Le serveur a envoyé des données qui n’appartiennent pas à la réunion de votre lien. Prévenez l’hôte, par un autre moyen que cette page.',
    ],
    'meeting-full': ['La réunion est complète', 'Réessayez quand quelqu’un sera parti.'],
    'server-unreachable': ['Le serveur est injoignable', 'Vérifiez votre connexion, puis réessayez.'],
    'too-many-requests': ['Trop d’essais', 'Attendez une minute, puis réessayez.'],
    unexpected: [
      'Quelque chose s’est mal passé',
      'Rien n’a été communiqué. Réessayez, ou rechargez cette page.',
    ],
  },
  ended: {
    'you-left': ['Vous avez quitté la réunion', 'Vos clés de cette réunion sont effacées de cette page.'],
    'you-ended': [
      'Vous avez mis fin à la réunion',
      'Tout le monde a été prévenu, chaque appel a été libéré, et les clés sont effacées de cette page.',
    ],
    'host-ended': ['L’hôte a mis fin à la réunion', 'Vos clés de cette réunion sont effacées de cette page.'],
    refused: [
      'Vous n’avez pas été admis',
      'Le navigateur de l’hôte a refusé cette page. Utilisez le lien d’invitation le plus récent, ou demandez à l’hôte.',
    ],
    removed: ['Vous avez été retiré de la réunion', 'Vos clés de cette réunion sont effacées de cette page.'],
    'connection-lost': [
      'La connexion est perdue',
      'La réunion continue peut-être sans vous. Revenez dès que vous serez de nouveau en ligne.',
    ],
    'other-tab': [
      'Cette réunion est ouverte dans un autre onglet',
      'Un seul onglet peut l’animer. Celui-ci s’est arrêté.',
    ],
  },
  missing: {
    'secure-context': 'une adresse sûre : https, ou localhost sur cette machine',
    webrtc: 'les appels dans le navigateur (WebRTC)',
    'frame-encryption': 'le chiffrement du son avant qu’il quitte la page (encoded transforms)',
    ed25519: 'les signatures Ed25519 de Web Crypto',
    storage: 'le stockage pour ce site (absent de certaines fenêtres privées)',
    workers: 'les tâches de fond (workers)',
    microphone: 'l’accès à un microphone',
  },
  problems: {
    'answer-failed': 'Votre réponse n’est pas partie : la demande avait changé ou expiré.',
    'revoke-failed': 'Le retrait n’est pas parti. Réessayez, ou mettez fin à la réunion pour tout le monde.',
    'talk-only-impossible':
      'Parler seulement n’est pas possible pour ce pont en ce moment. Rien n’a été autorisé.',
    'ledger-inconsistent': 'Le registre de consentement du pont se contredit. Rien n’a été autorisé.',
    'change-failed': 'Le changement n’a pas abouti. Réessayez.',
    'take-over-failed': 'La reprise a échoué. Réessayez, ou demandez à un autre co-hôte.',
    'pin-failed': 'Aucun nouveau code PIN n’a été tiré. L’actuel reste valable. Réessayez dans un instant.',
  },
  alarms: {
    'grant-unverified':
      'La liste de l’hôte montre un pont avec une clé, mais sans autorisation que cette page ait pu vérifier. Votre son est retenu.',
    'unencrypted-track': 'Quelqu’un envoie du son qui n’est pas chiffré. Il n’est pas diffusé.',
    'plain-frame-stopped': 'Du son non chiffré a été arrêté avant de passer.',
    'identity-changed':
      'Le serveur de réunion a changé l’identité de cette page. Le microphone a été arrêté.',
    'two-hosts':
      'Deux navigateurs prétendent animer cette réunion. Arrêtez, et vérifiez auprès de l’hôte par un autre moyen.',
    'key-mismatch':
      'Des clés de cette réunion ne concordent pas. Quelqu’un s’en mêle peut-être. Arrêtez et recommencez.',
    'term-conflict':
      'Deux réunions différentes prétendent être celle-ci. Arrêtez, et vérifiez auprès de l’hôte par un autre moyen.',
    'no-receipt': 'Le pont a pris la clé sans reçu enregistré. Il est en train d’être exclu.',
    'ledger-mismatch': 'Le registre de consentement du pont se contredit. Ne lui donnez pas la clé.',
    'ledger-fork':
      'Le pont montre un autre registre de consentement qu’auparavant, ou que celui qu’il montre à d’autres. Ne lui donnez pas la clé.',
    'bridge-changed':
      'Un pont montre un nom connu avec une clé inconnue. Demandez à son exploitant par un autre moyen.',
    'code-mismatch': 'Un pont n’a pas pu montrer la moitié promise de son code. Ne lui donnez pas la clé.',
    'certificate-revoked':
      'L’exploitant d’un pont l’a déclaré nul. Il ne reçoit aucune clé ; ce qu’il avait est verrouillé.',
    'version-mismatch':
      'Quelqu’un ici parle une autre version du protocole et reste à l’écart. Mettez à jour le plus ancien des deux programmes.',
    'bad-signature': 'Un message avec une fausse signature est arrivé. Il est ignoré.',
  },
  history: {
    title: 'Ce qui s’est passé',
    empty: 'Rien pour le moment.',
    events: {
      started: () => 'Réunion commencée, clés créées',
      'instance-start': () => 'Réunion commencée, clés créées',
      joined: () => 'Vous avez rejoint la réunion',
      left: () => 'Vous êtes parti',
      'member-joined': (n) => `${n} a rejoint la réunion`,
      'member-left': (n) => `${n} est parti`,
      'bridge-joined': (n) => `Le pont téléphonique de ${n} attend`,
      'bridge-left': (n) => `Le pont téléphonique de ${n} est parti`,
      'bridge-request': (n) => `${n} a demandé la clé`,
      granted: (n) => `${n} a été autorisé`,
      denied: (n) => `${n} a été refusé`,
      expired: (n) => `La demande de ${n} a expiré`,
      receipt: (n) => `${n} a confirmé la clé`,
      'receipt-missing': (n) => `${n} n’a pas confirmé à temps`,
      revoked: (n) => `Clé retirée à ${n}`,
      'locked-out': (n) => `${n} est exclu`,
      'asked-to-rotate': (n) => `${n} : changement de clé demandé aux applis`,
      'callers-admitted': (n) => `Un autre appelant par ${n} a été admis`,
      knock: (n) => `${n} frappe à la porte`,
      'member-removed': (n) => `${n} a été exclu`,
      locked: () => 'Réunion verrouillée',
      unlocked: () => 'Réunion déverrouillée',
      'caller-muted': (n) => `Le micro d’un appelant par ${n} a été coupé`,
      'caller-unmuted': (n) => `Un appelant par ${n} peut de nouveau parler`,
      'caller-ended': (n) => `Un appelant par ${n} a été exclu`,
      removed: () => 'Vous avez été exclu',
      refused: () => 'L’hôte ne vous a pas admis',
      'no-invite': () => 'L’invitation de ce lien n’est pas valable',
      'taken-over': () => 'Un autre hôte a pris le relais',
      'phone-invited': (n) => `Il a été demandé à ${n} d’appeler un téléphone`,
      'co-host-decided': (n) => `${n} a décidé en tant que co-hôte`,
      rekeyed: () => 'Nouvelle clé de réunion',
      'host-lost': () => 'Contact perdu avec l’hôte',
      'host-back': () => 'L’hôte est de retour',
      ended: () => 'Réunion terminée',
    },
  },
  start: {
    hostTitle: 'Commencer la réunion',
    hostLead:
      'Les clés sont créées dans ce navigateur et y restent. Personne n’entend rien sans clé, et c’est vous qui décidez qui en reçoit une.',
    resumeTitle: 'Reprendre votre réunion',
    resumeLead:
      'Vous avez déjà animé cette réunion depuis ce navigateur. La reprise crée de nouvelles clés ; ceux qui sont encore là sont réadmis, et un pont téléphonique doit redemander.',
    memberTitle: 'Rejoindre la réunion',
    memberLead:
      'Le son est chiffré dans ce navigateur avant d’en sortir. Le serveur intermédiaire ne peut pas écouter.',
    coHostLead:
      'Vous êtes co-hôte de cette réunion : vous décidez comme l’hôte et pouvez reprendre la réunion s’il disparaît.',
    name: 'Votre nom',
    nameHint: 'Les autres le voient.',
    nameMissing: 'Saisissez un nom que les autres reconnaîtront.',
    hostButton: 'Commencer la réunion',
    resumeButton: 'Reprendre',
    memberButton: 'Rejoindre la réunion',
    microphoneNote: 'Votre navigateur vous demandera le microphone. Vous pouvez le couper à tout moment.',
    operatorTitle: 'Pont téléphonique de ce serveur',
    operatorBeside:
      'La clé de l’exploitant se trouve sur le pont lui-même : qui prend cette machine prend aussi l’exploitant.',
    operatorLead:
      'Seul un pont muni d’une de ces clés peut un jour demander à entrer par téléphone. Comparez avec ce que l’exploitant vous a indiqué :',
    thumbprint: 'Empreinte de la clé',
    browsers: 'Il faut un navigateur récent : Chrome ou Edge 137, Firefox 130, Safari 17.4, ou plus récent.',
    trust:
      'Cette page vient de l’exploitant du pont téléphonique. Son code a accès à ce que vous dites : utilisez un serveur en qui vous avez confiance.',
  },
  coHosts: {
    title: 'Co-hôtes',
    lead: (address) =>
      `Un co-hôte décide comme vous et peut reprendre la réunion si vous disparaissez. Demandez-lui le code que ${address} affiche dans son navigateur, et ajoutez-le avant de commencer.`,
    code: 'Code d’appareil d’un co-hôte',
    add: 'Ajouter',
    remove: 'Retirer',
    removeCode: (code) => `Retirer le co-hôte ${code}`,
    invalid:
      'Ce n’est pas un code d’appareil. Il compte 43 lettres, chiffres, tirets et traits de soulignement.',
    known: 'Ce code est déjà dans la liste.',
    hostChange: 'Quand un co-hôte reprend la réunion',
    askAgain: 'Les ponts redemandent',
    drop: 'Les appels prennent fin',
    pageTitle: 'Votre code de co-hôte',
    pageLead:
      'Envoyez ce code à l’hôte avant le début de la réunion. Ouvrez ensuite le lien d’invitation dans ce même navigateur.',
    copy: 'Copier le code',
    pageNote:
      'Ce code n’est pas un secret. Il désigne une clé créée dans ce navigateur et qui ne peut pas en sortir ; seul ce navigateur peut s’en servir.',
  },
  connecting: {
    microphone: 'En attente du microphone : votre navigateur vous le demande',
    keys: 'Création des clés dans ce navigateur',
    server: 'Connexion à la réunion',
    title: 'Nous vous faisons entrer',
  },
  unsupported: {
    title: 'Ce navigateur ne peut pas garder la réunion chiffrée',
    lead: 'Il lui manque :',
    advice: 'Utilisez une version récente de Chrome, Edge, Firefox ou Safari, en https.',
  },
  evidence: {
    save: 'Enregistrer le fichier de preuve',
    lead: 'Vos décisions signées et les reçus du pont, pour le vérificateur. Quiconque a ce fichier peut vérifier hors ligne qui pouvait entendre, et quand.',
  },
};
