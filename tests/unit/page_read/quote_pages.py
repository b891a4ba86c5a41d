# ruff: noqa: E501 - a page is read more easily on one line
"""Small pages in our own words, and the quotes that a careful reader finds on each: `(text, author)`."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class QuotePage:
    """The body of a page, or a whole page, and its quotes."""

    name: str
    html: str
    quotes: tuple[tuple[str, str | None], ...] = ()
    language: str | None = "en"


RUNNING_TEXT = [
    QuotePage(
        name="english, the verb after the name",
        html="<p>The mill closed in March. “We had no orders left for the summer,” Ruth Calloway said on Monday.</p>",
        quotes=(("We had no orders left for the summer", "Ruth Calloway"),),
    ),
    QuotePage(
        name="english, the name after the verb",
        html="<p>“The bridge will open before winter,” said Peter Okafor, who leads the works.</p>",
        quotes=(("The bridge will open before winter", "Peter Okafor"),),
    ),
    QuotePage(
        name="english, a colon before the quote",
        html="<p>Ruth Calloway said: “Nobody told us that the river would rise.”</p>",
        quotes=(("Nobody told us that the river would rise.", "Ruth Calloway"),),
    ),
    QuotePage(
        name="english, the last name is completed from the page",
        html="<p>Helen Marsh runs the bakery by the harbour.</p><p>“Bread is patience with a crust,” Marsh said.</p>",
        quotes=(("Bread is patience with a crust", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, a pronoun means who was named before",
        html="<p>Helen Marsh runs the bakery by the harbour.</p><p>“I get up when others go to bed,” she said.</p>",
        quotes=(("I get up when others go to bed", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, an interrupted quote is one",
        html="<p>“The tide is early,” Tom Reed said. “We should leave the boats where they are.”</p>",
        quotes=(("The tide is early … We should leave the boats where they are.", "Tom Reed"),),
    ),
    QuotePage(
        name="english, marks open again with each paragraph",
        html="<p>Tom Reed said: “The first winter was mild.</p><p>“The second one was not.”</p><p>He laughed.</p>",
        quotes=(("The first winter was mild. The second one was not.", "Tom Reed"),),
    ),
    QuotePage(
        name="english, a caption names nobody who speaks",
        html="<p>Helen Marsh runs the bakery by the harbour.</p><figure><figcaption>Tom Reed walks along the quay on Monday.</figcaption></figure><p>“I get up when others go to bed,” she said.</p>",
        quotes=(("I get up when others go to bed", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, whom a pronoun's sentence names is somebody else",
        html="<p>“The mill was cold,” Tom Reed said. He later thanked Helen Marsh and her bakers for the bread.</p><p>“We would have starved without it,” he said.</p>",
        quotes=(("The mill was cold", "Tom Reed"), ("We would have starved without it", "Tom Reed")),
    ),
    QuotePage(
        name="english, what follows a name explains it",
        html="<p>“The water was never that clear,” Bo Tran, director of the diving group Deep Blue, told the paper.</p>",
        quotes=(("The water was never that clear", "Bo Tran"),),
    ),
    QuotePage(
        name="english, a head of something is a person",
        html="<p>Wen Adeyo, Head of Harbour Research at the bank, came on Monday.</p><p>“Somebody has to pay for the quay,” he said.</p>",
        quotes=(("Somebody has to pay for the quay", "Wen Adeyo"),),
    ),
    QuotePage(
        name="english, to whom somebody speaks is not who speaks",
        html="<p>Ruth Calloway closed the mill in March. “Nobody asked us about the river,” the director said in a letter to Harbour Times.</p>",
        quotes=(("Nobody asked us about the river", "Ruth Calloway"),),
    ),
    QuotePage(
        name="english, who says something by saying something else",
        html="<p>“It is a fine bridge,” said Peter Okafor.</p><p>Ruth Calloway said the bridge was “not what anyone on this side had wanted”, adding she would never cross it.</p>",
        quotes=(("It is a fine bridge", "Peter Okafor"), ("not what anyone on this side had wanted", "Ruth Calloway")),
    ),
    QuotePage(
        name="english, who leads over to a quote, and not who speaks behind it",
        html="<p>“It is a fine bridge,” said Peter Okafor.</p><p>In a letter, Ruth Calloway said that “the river is no place for a road.” She said nothing more.</p>",
        quotes=(("It is a fine bridge", "Peter Okafor"), ("the river is no place for a road.", "Ruth Calloway")),
    ),
    QuotePage(
        name="english, the subject of the quote's own sentence",
        html="<p>“It is a fine bridge,” said Peter Okafor.</p><p>Ruth Calloway saw the old bridge “fall into the river like a tired horse”.</p>",
        quotes=(
            ("It is a fine bridge", "Peter Okafor"),
            ("fall into the river like a tired horse", "Ruth Calloway"),
        ),
    ),
    QuotePage(
        name="english, marks open again behind an advertisement",
        html="<p>Tom Reed said: “The first winter was mild.</p><div>Advertisement</div><div><a href='/more'>More from the harbour</a></div><p>“The second one was not.”</p>",
        quotes=(("The first winter was mild. The second one was not.", "Tom Reed"),),
    ),
    QuotePage(
        name="english, a month ends no sentence",
        html="<p>“The tide is early,” Tom Reed said at the quay on Nov. 6, 1987. “We should leave the boats where they are.”</p>",
        quotes=(("The tide is early … We should leave the boats where they are.", "Tom Reed"),),
    ),
    QuotePage(
        name="english, she is no man and he no woman",
        html="<p>“The mill was cold,” Tom Reed said.</p><p>“The bread was warm,” Helen Marsh said.</p><p>“We sat by the oven,” he said. Then Helen Marsh laughed. “Peter Okafor had not come,” she said.</p>",
        quotes=(
            ("The mill was cold", "Tom Reed"),
            ("The bread was warm", "Helen Marsh"),
            ("We sat by the oven", "Tom Reed"),
            ("Peter Okafor had not come", "Helen Marsh"),
        ),
    ),
    QuotePage(
        name="english, a first name that is a common word, too",
        html="<p>“The ferry is late again,” said Will Tarrow, who waits for it each day.</p>",
        quotes=(("The ferry is late again", "Will Tarrow"),),
    ),
    QuotePage(
        name="english, a ministry is no person",
        html="<p>Helen Marsh said nothing at first of the Justice Department's questions.</p><p>“They had better ask the baker,” she said.</p>",
        quotes=(("They had better ask the baker", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, a short form of the verb",
        html="<p>Helen Marsh baked at night, and when the neighbours asked her why, she’d respond, “The oven does not know the hour.”</p>",
        quotes=(("The oven does not know the hour.", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, somebody who is described and not named",
        html="<p>A spokesman for the council said: “We are looking into all the complaints.”</p>",
        quotes=(("We are looking into all the complaints.", None),),
    ),
    QuotePage(
        name="english, according to somebody",
        html="<p>According to Anna Whitfield, “the engine works better in the cold than anyone had hoped”.</p>",
        quotes=(("the engine works better in the cold than anyone had hoped", "Anna Whitfield"),),
    ),
    QuotePage(
        name="english, a quote in a quote",
        html="<p>“He said ‘go home’ and went back to his desk,” Anna Whitfield recalled.</p>",
        quotes=(("He said ‘go home’ and went back to his desk", "Anna Whitfield"),),
    ),
    QuotePage(
        name="english, straight marks",
        html='<p>"Our roof leaked for eleven years," Daniel Price told the court.</p>',
        quotes=(("Our roof leaked for eleven years", "Daniel Price"),),
    ),
    QuotePage(
        name="english, single marks",
        html="<p>‘Our roof leaked for eleven years and nobody came,’ Daniel Price told the court.</p>",
        quotes=(("Our roof leaked for eleven years and nobody came", "Daniel Price"),),
    ),
    QuotePage(
        name="english, a question",
        html="<p>“Who would pay for that?” Daniel Price asked. The room was silent.</p>",
        quotes=(("Who would pay for that?", "Daniel Price"),),
    ),
    QuotePage(
        name="german",
        html="<p>„Der Hafen bleibt auch im Winter offen“, sagte Bürgermeisterin Katrin Vogt am Montag.</p>",
        quotes=(("Der Hafen bleibt auch im Winter offen", "Katrin Vogt"),),
        language="de",
    ),
    QuotePage(
        name="german, so and a name",
        html="<p>Katrin Vogt lobte die Helfer. „Ohne sie stünde hier alles unter Wasser“, so Vogt.</p>",
        quotes=(("Ohne sie stünde hier alles unter Wasser", "Katrin Vogt"),),
        language="de",
    ),
    QuotePage(
        name="german, guillemets that point inwards",
        html="<p>»Wir haben lange genug gewartet«, erklärte Martin Brandt.</p>",
        quotes=(("Wir haben lange genug gewartet", "Martin Brandt"),),
        language="de",
    ),
    QuotePage(
        name="french, the speaker inside the marks",
        html="<p>« Nous avons perdu la récolte, explique Claire Dubois. Il faudra vendre les bêtes. »</p>",
        quotes=(("Nous avons perdu la récolte … Il faudra vendre les bêtes.", "Claire Dubois"),),
        language="fr",
    ),
    QuotePage(
        name="french",
        html="<p>« Le marché n’a jamais été aussi vide », a déclaré Paul Lambert, le maire.</p>",
        quotes=(("Le marché n’a jamais été aussi vide", "Paul Lambert"),),
        language="fr",
    ),
    QuotePage(
        name="spanish",
        html="<p>«La cosecha llegó tarde y con poca agua», afirmó Lucía Herrera ante los vecinos.</p>",
        quotes=(("La cosecha llegó tarde y con poca agua", "Lucía Herrera"),),
        language="es",
    ),
    QuotePage(
        name="italian",
        html="<p>«Il ponte non reggerà un altro inverno», ha detto Marco Bellini ai giornalisti.</p>",
        quotes=(("Il ponte non reggerà un altro inverno", "Marco Bellini"),),
        language="it",
    ),
    QuotePage(
        name="portuguese",
        html="<p>“A chuva levou a estrada inteira em uma noite”, disse Ana Moreira à rádio local.</p>",
        quotes=(("A chuva levou a estrada inteira em uma noite", "Ana Moreira"),),
        language="pt",
    ),
    QuotePage(
        name="dutch",
        html="<p>“De dijk is sterker dan vorig jaar”, zei Pieter de Groot tegen de krant.</p>",
        quotes=(("De dijk is sterker dan vorig jaar", "Pieter de Groot"),),
        language="nl",
    ),
    QuotePage(
        name="polish",
        html="<p>„Most będzie gotowy przed zimą”, powiedział Jan Kowalczyk w rozmowie z radiem.</p>",
        quotes=(("Most będzie gotowy przed zimą", "Jan Kowalczyk"),),
        language="pl",
    ),
    QuotePage(
        name="russian",
        html="<p>«Мы ждали этого поезда двадцать лет», — сказала Ольга Белова журналистам.</p>",
        quotes=(("Мы ждали этого поезда двадцать лет", "Ольга Белова"),),
        language="ru",
    ),
    QuotePage(
        name="swedish, the same mark twice",
        html="<p>”Isen höll hela vägen till ön”, säger Karin Lindqvist till tidningen.</p>",
        quotes=(("Isen höll hela vägen till ön", "Karin Lindqvist"),),
        language="sv",
    ),
    QuotePage(
        name="danish",
        html="<p>»Vi har aldrig set så meget vand i byen«, siger Lars Holm.</p>",
        quotes=(("Vi har aldrig set så meget vand i byen", "Lars Holm"),),
        language="da",
    ),
    QuotePage(
        name="finnish",
        html="<p>”Järvi jäätyi tänä vuonna myöhään”, sanoo Eero Lehtinen.</p>",
        quotes=(("Järvi jäätyi tänä vuonna myöhään", "Eero Lehtinen"),),
        language="fi",
    ),
    QuotePage(
        name="czech",
        html="<p>„Most vydrží dalších padesát let,“ řekl Karel Svoboda.</p>",
        quotes=(("Most vydrží dalších padesát let", "Karel Svoboda"),),
        language="cs",
    ),
    QuotePage(
        name="indonesian",
        html="<p>“Jalan ini sudah rusak sejak tahun lalu,” kata Budi Santoso, warga desa itu.</p>",
        quotes=(("Jalan ini sudah rusak sejak tahun lalu", "Budi Santoso"),),
        language="id",
    ),
    QuotePage(
        name="japanese",
        html="<p>山田太郎氏は「この橋は来年の春までに完成します」と述べた。</p>",
        quotes=(("この橋は来年の春までに完成します", "山田太郎"),),
        language="ja",
    ),
    QuotePage(
        name="chinese, the name before",
        html="<p>村民王建国说：“今年的苹果比去年甜得多，价格也好。”</p>",
        quotes=(("今年的苹果比去年甜得多，价格也好。", "王建国"),),
        language="zh",
    ),
    QuotePage(
        name="chinese, the name after",
        html="<p>“路修好以后，孩子们上学不用再走两个小时。”李秀英说。</p>",
        quotes=(("路修好以后，孩子们上学不用再走两个小时。", "李秀英"),),
        language="zh",
    ),
    QuotePage(
        name="english, somebody who speaks for a body",
        html="<p>“We are looking into all the complaints,” said a Fernrail spokeswoman on Friday.</p>",
        quotes=(("We are looking into all the complaints", "Fernrail"),),
    ),
    QuotePage(
        name="english, two short halves",
        html="<p>Helen Marsh came in.</p><p>“Sit down,” she said at last. “There is soup.”</p>",
        quotes=(("Sit down … There is soup.", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, a possessive is not who speaks",
        html="<p>Keith Dunmore was away. Dunmore’s lawyer, Judith Prentice, said he was “deeply sorry for the distress caused”.</p>",
        quotes=(("deeply sorry for the distress caused", "Judith Prentice"),),
    ),
    QuotePage(
        name="english, the person told is not the speaker",
        html="<p>“The nets came up empty again,” Tom Reed, a fisherman from the north shore, told Harbour News Daily.</p>",
        quotes=(("The nets came up empty again", "Tom Reed"),),
    ),
    QuotePage(
        name="english, speech inside a blockquote of the page's own words",
        html="<p>The court sat late.</p><blockquote>“The bridge was never safe,” said Peter Okafor on Tuesday.</blockquote>",
        quotes=(("The bridge was never safe", "Peter Okafor"),),
    ),
    QuotePage(
        name="french, somebody without a name inside the marks",
        html="<p>« Des mots, encore des mots, lâche une mère d’élève. On veut des postes. »</p>",
        quotes=(("Des mots, encore des mots … On veut des postes.", None),),
        language="fr",
    ),
    QuotePage(
        name="dutch, single marks beside double ones",
        html="<p>‘Het is niet te begrijpen’, zegt Pieter Hendriks. De raad zweeg. “Wij gaan door tot het bad weer open is”, zegt hij.</p>",
        quotes=(
            ("Het is niet te begrijpen", "Pieter Hendriks"),
            ("Wij gaan door tot het bad weer open is", "Pieter Hendriks"),
        ),
        language="nl",
    ),
    QuotePage(
        name="japanese, the name behind the quote",
        html="<p>「こんなに人が来るとは思っていませんでした」と佐藤さん。</p>",
        quotes=(("こんなに人が来るとは思っていませんでした", "佐藤"),),
        language="ja",
    ),
    QuotePage(
        name="english, a street and a church are nobody who speaks",
        html="<p>Helen Marsh rings the bells.</p><p>The appeal for St Oswin’s began at a stall in Mill Street.</p><p>“The bells were older than the tower,” she said.</p>",
        quotes=(("The bells were older than the tower", "Helen Marsh"),),
    ),
    QuotePage(
        name="english, a caption's own pronoun",
        html="<figure><figcaption>Tom Reed at the quay in May. “I liked that boat,” he said of the ferry.</figcaption></figure>",
        quotes=(("I liked that boat", "Tom Reed"),),
    ),
    QuotePage(
        name="english, short words and what follows them",
        html="<p>Tom Reed listened. “There,” he whispers. “It is thinking about it.”</p>",
        quotes=(("There … It is thinking about it.", "Tom Reed"),),
    ),
    QuotePage(
        name="english, a sentence that leads over to the next paragraph",
        html="<p>It rained.</p><p>Odran Preece, the harbour’s baker, told me in the lobby:</p><p>“We lost by eleven loaves. I have had worse Wednesdays.”</p>",
        quotes=(("We lost by eleven loaves. I have had worse Wednesdays.", "Odran Preece"),),
    ),
    QuotePage(
        name="english, a title stands between the speaker and the quote",
        html="<p>Peter Okafor settled the matter in the first sentence of “On Going Home”: “The best thing in the world is a road.”</p>",
        quotes=(("The best thing in the world is a road.", "Peter Okafor"),),
    ),
    QuotePage(
        name="english, the speakers of a play",
        html="<p>They met at the mill, and said little at first.</p><dl><dd><b>Ilse Corran:</b> “<i>Do you ever pray, my friend?</i>”</dd><dd><b>Marrow Vance:</b> “<i>Once, and somebody answered.</i>”</dd></dl>",
        quotes=(("Do you ever pray, my friend?", "Ilse Corran"), ("Once, and somebody answered.", "Marrow Vance")),
    ),
    QuotePage(
        name="german, a sentence of the page's own between two quotes",
        html="<p>„Wir reden nicht mehr, wir gießen es in Beton“, sagte Jana Vogel am Montag. „Das Wasser wird warm.“ Sie dankte ausdrücklich den Anwohnern der Mühle. „Ihre Einwände haben den Bau besser gemacht.“</p>",
        quotes=(
            ("Wir reden nicht mehr, wir gießen es in Beton … Das Wasser wird warm.", "Jana Vogel"),
            ("Ihre Einwände haben den Bau besser gemacht.", "Jana Vogel"),
        ),
        language="de",
    ),
    QuotePage(
        name="german, what is said after a colon belongs to the name before it",
        html="<p>Jana Vogel war auch da.</p><p>Firmenchef Jens Kordes: „Wir haben solche Behälter schon gebaut.“ Seine Mutter, so fügte er hinzu, wohne nebenan.</p>",
        quotes=(("Wir haben solche Behälter schon gebaut.", "Jens Kordes"),),
        language="de",
    ),
    QuotePage(
        name="german, a few words after the verb belong to the quote",
        html="<p>Jens Kordes kaufte die Mühle zurück. „Eine Mark zu viel habe ich bezahlt“, erinnert er sich, „und das war gut.“</p>",
        quotes=(("Eine Mark zu viel habe ich bezahlt … und das war gut.", "Jens Kordes"),),
        language="de",
    ),
    QuotePage(
        name="french, a region is nobody who speaks",
        html="<p>Claire Morel, rapporteuse du texte, y voit le jeu du Parlement. La députée des Landes insiste sur la prime. « Personne ne parle de la prime du village », regrette-t-elle.</p>",
        quotes=(("Personne ne parle de la prime du village", "Claire Morel"),),
        language="fr",
    ),
    QuotePage(
        name="spanish, closing marks open the next paragraph",
        html="<p>Ana Prieto habló después. «Le prometí a mi madre que era la última vez.</p><p>»Pero también le prometí que iba a volver», bromeó Prieto.</p>",
        quotes=(
            ("Le prometí a mi madre que era la última vez. Pero también le prometí que iba a volver", "Ana Prieto"),
        ),
        language="es",
    ),
    QuotePage(
        name="italian, an attribution between hyphens",
        html='<p>Marco Fadda è il sindaco. "Chiediamo il ritiro dell’orario - ha detto Fadda davanti a tutti - e un tavolo con la Regione".</p>',
        quotes=(("Chiediamo il ritiro dell’orario … e un tavolo con la Regione", "Marco Fadda"),),
        language="it",
    ),
    QuotePage(
        name="portuguese, a speaker explained by a university",
        html="<p>Para o biólogo Otávio Braga, da Universidade do Sul, falta medir a água.</p><p>“Eu queria ver esse trabalho com água marcada”, pondera.</p>",
        quotes=(("Eu queria ver esse trabalho com água marcada", "Otávio Braga"),),
        language="pt",
    ),
    QuotePage(
        name="japanese, the speaker and the verb behind the quote",
        html="<p>松の湯は古い。「届けを書いたら、手が勝手に住所まで書いてしまった」と大野さんは振り返る。</p>",
        quotes=(("届けを書いたら、手が勝手に住所まで書いてしまった", "大野"),),
        language="ja",
    ),
    QuotePage(
        name="japanese, a sentence about who speaks comes before",
        html="<p>近所の石黒トミさん（86）は、長く通った一人だ。「家の風呂じゃ、背中を流してくれる人がいないでしょう」。冬は寒い。</p><p>瀬尾さんは当時をこう話す。</p><p>「穴は開いていたけど、叩いたらまだいい音がしたんです」</p>",
        quotes=(
            ("家の風呂じゃ、背中を流してくれる人がいないでしょう", "石黒トミ"),
            ("穴は開いていたけど、叩いたらまだいい音がしたんです", "瀬尾"),
        ),
        language="ja",
    ),
    QuotePage(
        name="english, somebody who is no more than a neighbour",
        html="<p>It rained. “You walked all the way from the library?” asked my neighbour, looking at my shoes.</p>",
        quotes=(("You walked all the way from the library?", None),),
    ),
    QuotePage(
        name="english, an office means who has it",
        html="<p>Mayor Ruth Calloway opened the meeting. Tom Reed took notes.</p><p>“The bridge will open before winter,” the mayor said.</p>",
        quotes=(("The bridge will open before winter", "Ruth Calloway"),),
    ),
    QuotePage(
        name="english, a report speaks for who wrote it",
        html="<p>It was a good day. “The market is largely in good order again,” said a report from Harbour Equities.</p>",
        quotes=(("The market is largely in good order again", "Harbour Equities"),),
    ),
    QuotePage(
        name="german, a person after a preposition is meant by the next pronoun",
        html="<p>Focko Ubben pumpt Wasser. „Ich rette die Welt mit einer Pumpe“, sagt Ubben.</p><p>Beschwerden landen bei Iris Mahlberg. „Eigentlich reden wir über Großväter“, sagt sie.</p>",
        quotes=(
            ("Ich rette die Welt mit einer Pumpe", "Focko Ubben"),
            ("Eigentlich reden wir über Großväter", "Iris Mahlberg"),
        ),
        language="de",
    ),
    QuotePage(
        name="italian, a word for `according to` is no name",
        html="<p>Il lavoro cresce. Secondo Chiara Bassi il paese è “pieno di ragazzi bravi a cui nessuno ha mostrato una fabbrica”.</p>",
        quotes=(("pieno di ragazzi bravi a cui nessuno ha mostrato una fabbrica", "Chiara Bassi"),),
        language="it",
    ),
    QuotePage(
        name="who stands right before the verb speaks, not who was named earlier in the sentence",
        html="<p>Edgar Stoate built the pier in three years.</p><p>Shortly after the harbour master, James B. Tollan, had closed the quay, Mr. Stoate said he could not “wait for every fisherman in the county”.</p>",
        quotes=(("wait for every fisherman in the county", "Edgar Stoate"),),
    ),
    QuotePage(
        name="a family name that comes first stands before the verb",
        html="<p>“The road is open,” spokesman Geng Shu said.</p><p>Speaking about the visit of Martin Hale, Geng said, “We have a good tradition of meeting in winter.”</p>",
        quotes=(("The road is open", "Geng Shu"), ("We have a good tradition of meeting in winter.", "Geng Shu")),
    ),
    QuotePage(
        name="a name of which nothing else is known stands before the verb",
        html="<p>Martin Hale came in May. Hale’s northern counterpart Wan Ji had then said: “It should be settled in peace.”</p>",
        quotes=(("It should be settled in peace.", "Wan Ji"),),
    ),
    QuotePage(
        name="a station that stands right before the verb",
        html="<p>The mayor confirmed it to presenter Neil Carrow — BBN suggested that he “was told he would not get the seat”.</p>",
        quotes=(("was told he would not get the seat", "BBN"),),
    ),
    QuotePage(
        name="the second verb of a subject does not belong to whom the first one was about",
        html="<p>Mr. Stoate said he would consider Mr. Tollan but added, “I’d rather keep the old one where he is.”</p><p>Edgar Stoate left at noon. James Tollan stayed.</p>",
        quotes=(("I’d rather keep the old one where he is.", "Edgar Stoate"),),
    ),
    QuotePage(
        name="a group speaks, and whom it speaks of does not",
        html="<p>The Bird Protection Society wrote to the county.</p><p>The letter came late. But the society said Ms. Lena Hale’s garden had “significant wet and dry parts”.</p>",
        quotes=(("significant wet and dry parts", "Bird Protection Society"),),
    ),
    QuotePage(
        name="an office that only women have",
        html="<p>While on a train, he met Rolf Gosler; Emma Stohn met the director shortly thereafter. “It was at a diner,” the actress says.</p>",
        quotes=(("It was at a diner", "Emma Stohn"),),
    ),
    QuotePage(
        name="whom a title makes a woman is not meant by he",
        html="<p>Edgar Stoate leads the council, and Ms. Hayle the harbour.</p><p>“It is time,” said Marlo Hayle.</p><p>“I do not think so,” he said.</p>",
        quotes=(("It is time", "Marlo Hayle"), ("I do not think so", "Edgar Stoate")),
    ),
    QuotePage(
        name="who speaks in a relative clause, behind a preposition",
        html="<p>“Words are funny,” said Matt Howell.</p><p>On Friday I got a reply from Julia Brand, who confirmed that the voice belongs to Pick, “one of the earliest people here”.</p>",
        quotes=(("Words are funny", "Matt Howell"), ("one of the earliest people here", "Julia Brand")),
    ),
    QuotePage(
        name="a caption and a credit between a pronoun and whom it means",
        html="<p>Michelle Byron insisted that hope is needed, whatever may come of the vote in the county this autumn.</p><p>County councillor Donald Reed arrives to speak to farmers at the market hall in Ely on Thursday.</p><p>(LUCAS JACK/PICTURES)</p><p>“Ben did not talk about it for the applause,” she said.</p>",
        quotes=(("Ben did not talk about it for the applause", "Michelle Byron"),),
    ),
    QuotePage(
        name="a pronoun behind a quote means whom its own sentence names",
        html="<p>“We look at ways to earn more,” VP Marni Wald told the paper.</p><p>Listen to how the other firm’s John Stank presented it: “We want you to understand the benefits,” he said.</p>",
        quotes=(
            ("We look at ways to earn more", "Marni Wald"),
            ("We want you to understand the benefits", "John Stank"),
        ),
    ),
    QuotePage(
        name="a spokeswoman who is not named goes on",
        html="<p>Workers do not want to stop flights, a spokeswoman for the Harbour Workers Union said last week.</p><p>“They do want to be heard,” she said.</p>",
        quotes=(("They do want to be heard", "Harbour Workers Union"),),
    ),
    QuotePage(
        name="a spokeswoman of a body, and who leads it",
        html="<p>Una portavoz de la Consejería de Sanidad, que dirige Javier Fernández, asegura que los datos “se reescriben unos sobre otros”.</p>",
        quotes=(("se reescriben unos sobre otros", "Consejería de Sanidad"),),
        language="es",
    ),
    QuotePage(
        name="an age makes a person of a name",
        html="<p>One of them, Curie Kim, fell ill.</p><p>Curie, 21, a student, came second, but she was not glad.</p><p>She said: “I’ve always liked hot food and thought it was for a good cause.”</p>",
        quotes=(("I’ve always liked hot food and thought it was for a good cause.", "Curie Kim"),),
    ),
    QuotePage(
        name="who asks at the start of a long sentence, and says it at its end",
        html="<p>Henny Anders came to the show.</p><p>During her visit, Jim Kimber asked her about a photograph from the evening of her new film Winter Office Party in the old theatre by the harbour, in which one sees, if one looks closely enough at the picture as it was printed, some large white tags on the inside of her coat, saying, “I can’t imagine how this happens to you.”</p>",
        quotes=(("I can’t imagine how this happens to you.", "Jim Kimber"),),
    ),
    QuotePage(
        name="a statement that a firm issues",
        html="<p>After the vote, Chirper issued a statement that it would look at accounts:</p><p>“The rules forbid threats and abuse, whoever writes them.”</p>",
        quotes=(("The rules forbid threats and abuse, whoever writes them.", "Chirper"),),
    ),
    QuotePage(
        name="a work that tells of what somebody is a star",
        html="<p>Ada Gray came late.</p><p>“My charity is open to all of you,” the Winter Harbour Story actress wrote.</p>",
        quotes=(("My charity is open to all of you", "Ada Gray"),),
    ),
    QuotePage(
        name="what two say in one paragraph are two quotes",
        html="<p>“Is there a railing on this road?” Becky asked. “There was one,” said Aaron Lesh.</p>",
        quotes=(("Is there a railing on this road?", "Becky"), ("There was one", "Aaron Lesh")),
    ),
    QuotePage(
        name="between two quotes, what others do",
        html="<p>“Sadie spends a lot of time here,” says Ralph Green, and the two teams meet every day. “She is in the middle of it.”</p>",
        quotes=(("Sadie spends a lot of time here", "Ralph Green"), ("She is in the middle of it.", "Ralph Green")),
    ),
    QuotePage(
        name="a sentence that begins with a participle of saying",
        html="<p>By Andrea Stone</p><p>ELY (Aug. 13) -- Declaring “the very soul of the harbour” is at stake, county secretary Robert Gate has ordered a review.</p>",
        quotes=(("the very soul of the harbour", "Robert Gate"),),
    ),
    QuotePage(
        name="a pupil with a first name only",
        html="<p>He told Ronald Trent so.</p><p>Another pupil, Brittany, said that she was the only one who voted for Trent.</p><p>“The silent ones were very real,” she said.</p>",
        quotes=(("The silent ones were very real", "Brittany"),),
    ),
    QuotePage(
        name="a pronoun's sentence that begins with an adverb",
        html="<p>“Their lives are in danger,” said Jaelyn Brown. Ms. Brown will leave in May.</p><p>Once, she thought about politics, and wrote for Hillary Clint last winter.</p><p>“A lot of what you hear is the same,” she said.</p>",
        quotes=(("Their lives are in danger", "Jaelyn Brown"), ("A lot of what you hear is the same", "Jaelyn Brown")),
    ),
    QuotePage(
        name="who took a picture does not speak below it",
        html="<p>After the storm, Ryan Gosler recalls, “I had to get hold of myself.”</p><p>Craig McDonald/GP</p><p>So his school “started to put me into other classes”, and the county took note of it.</p>",
        quotes=(
            ("I had to get hold of myself.", "Ryan Gosler"),
            ("started to put me into other classes", "Ryan Gosler"),
        ),
    ),
    QuotePage(
        name="who said the last sentence is meant, not whom it names",
        html="<p>Thomas Hoening leads the bank of the county.</p><p>Hoening added that the bill President Barbara Allen signed may not have ended it.</p><p>“The simple truth is, it will not go away,” said the president of the bank. Hoening added that the bill that President Benno Allen signed was late.</p><p>“It is too big to fall over,” he said.</p>",
        quotes=(
            ("The simple truth is, it will not go away", "Thomas Hoening"),
            ("It is too big to fall over", "Thomas Hoening"),
        ),
    ),
    QuotePage(
        name="an office behind the name does not hide it",
        html="<p>Antonio De Rosso came by train. “It is quiet here,” said Anis Amar, director of the port.</p><p>“How he came here is not known yet,” said De Rosso, director of the harbour, at noon.</p>",
        quotes=(("It is quiet here", "Anis Amar"), ("How he came here is not known yet", "Antonio De Rosso")),
    ),
    QuotePage(
        name="a sentence begins with the verb",
        html="<p>“Our barn is halfway there,” says Stephen, raising his voice.</p><p>Replied Stephen, with some delicacy, “Well, I don’t think we would.”</p><p>Stephen Jonas is the heir of the barn and the mill.</p>",
        quotes=(("Our barn is halfway there", "Stephen Jonas"), ("Well, I don’t think we would.", "Stephen Jonas")),
    ),
    QuotePage(
        name="of a family, who was named first has the name alone",
        html="<p>Robert Murdow owns the mill and the bakery.</p><p>His sons, James Murdow and Lachlan, run them. The day after, James Murdow came back.</p><p>“I do not accept it,” Murdow said.</p>",
        quotes=(("I do not accept it", "Robert Murdow"),),
    ),
    QuotePage(
        name="whom the first half of the sentence was about",
        html="<p>“It is the culture,” said Roland Ames.</p><p>When I asked the director of the mill, Deborah Sand, about letters, she said, “I can’t remember all the letters that I read.”</p>",
        quotes=(
            ("It is the culture", "Roland Ames"),
            ("I can’t remember all the letters that I read.", "Deborah Sand"),
        ),
    ),
    QuotePage(
        name="two quotes of one who tells somebody else the second",
        html="<p>“There was not a sound,” says Stephen Jonas, who told his old man, “Dad, we need to take the other one.”</p>",
        quotes=(
            ("There was not a sound", "Stephen Jonas"),
            ("Dad, we need to take the other one.", "Stephen Jonas"),
        ),
    ),
    QuotePage(
        name="a short sentence behind a dash",
        html="<p>The old man is known as the visionary—“Jerry sees around corners,” says manager Bill Poland.</p>",
        quotes=(("Jerry sees around corners", "Bill Poland"),),
    ),
    QuotePage(
        name="said in a statement, as a paper tells",
        html="<p>Mayor Donald Trent has named Kelly Conroy, who ran his campaign, to the council.</p><p>“She is a tireless friend of my plans,” the mayor said in a statement, according to NBN News.</p>",
        quotes=(("She is a tireless friend of my plans", "Donald Trent"),),
    ),
    QuotePage(
        name="a first name that streets are called, too",
        html="<p>Lane Nelson, a model pupil, sells papers here.</p><p>Nelson picked cotton when he came here in the year before last. “It was very hard,” he said.</p>",
        quotes=(("It was very hard", "Lane Nelson"),),
    ),
    QuotePage(
        name="a name that is a word, too",
        html="<p>Larry Page, who began the firm, read each page of it.</p><p>As Paul Buchman called the page up, the boss made a face.</p><p>“It is too slow for me,” Page said.</p>",
        quotes=(("It is too slow for me", "Larry Page"),),
    ),
    QuotePage(
        name="who reports what another one told",
        html="<p>As Steven Levin reported, John Dorr, the partner from the bank, told Larry that another head would do a “much better job of building a whole team”.</p>",
        quotes=(("much better job of building a whole team", "John Dorr"),),
    ),
    QuotePage(
        name="the last of two clauses goes on with a participle",
        html="<p>Larry Grant would grow loud, and Eric Schmid would carefully shut him down, saying, “We heard you, all of you. Thank you.”</p>",
        quotes=(("We heard you, all of you. Thank you.", "Eric Schmid"),),
    ),
    QuotePage(
        name="whom a clause is about, and whom he tells of it",
        html="<p>When Roger Ames saw James Murdow on the screen outside the office, he remarked to his deputy Bill Shine, “Tell me that you have not seen it,” according to a cook who was there; Shine laughed.</p>",
        quotes=(("Tell me that you have not seen it", "Roger Ames"),),
    ),
]

MARKED_UP = [
    QuotePage(
        name="blockquote with a footer",
        html="<blockquote><p>A garden is a slow letter.</p><footer>— Edith Vane, <cite>Letters from Home</cite></footer></blockquote>",
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="blockquote with the name in the paragraph after it",
        html="<p>Text.</p><blockquote><p>A garden is a slow letter.</p></blockquote><p>— Edith Vane</p><p>More text.</p>",
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="blockquote whose last line is the name",
        html="<blockquote>“A garden is a slow letter.”<br>– Edith Vane</blockquote>",
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="figure with a caption",
        html="<figure><blockquote><p>A garden is a slow letter.</p></blockquote><figcaption>Edith Vane, <cite>Letters from Home</cite></figcaption></figure>",
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="blockquote of a block editor",
        html='<blockquote class="wp-block-quote"><p>A garden is a slow letter.</p><cite>Edith Vane</cite></blockquote>',
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="blockquote that the text introduces",
        html="<p>In her diary Edith Vane wrote:</p><blockquote><p>Rain again, and the roses do not mind.</p></blockquote>",
        quotes=(("Rain again, and the roses do not mind.", "Edith Vane"),),
    ),
    QuotePage(
        name="a pull quote that stands in the text as well",
        html="<p>“We had no orders left for the summer,” Ruth Calloway said.</p><aside><blockquote class=pullquote><p>We had no orders left for the summer</p></blockquote></aside>",
        quotes=(("We had no orders left for the summer", "Ruth Calloway"),),
    ),
    QuotePage(
        name="q in running text",
        html="<p>Edith Vane wrote that <q>a garden is a letter which nobody finishes</q>, and went on.</p>",
        quotes=(("a garden is a letter which nobody finishes", "Edith Vane"),),
    ),
    QuotePage(
        name="a line that ends with a name",
        html="<p>“A garden is a slow letter, and the gardener forgets the address.” – Edith Vane</p>",
        quotes=(("A garden is a slow letter, and the gardener forgets the address.", "Edith Vane"),),
    ),
    QuotePage(
        name="cards with text and author",
        html="<h1>Quotes</h1>"
        + "".join(
            f'<div class="quote"><span class="text">“{text}”</span><span>by <small class="author">{name}</small></span></div>'
            for text, name in (("Bread is patience.", "Helen Marsh"), ("Salt is memory itself.", "Tom Reed"))
        ),
        quotes=(("Bread is patience.", "Helen Marsh"), ("Salt is memory itself.", "Tom Reed")),
    ),
    QuotePage(
        name="links with text and author",
        html="<title>Bread Quotes</title><h1>Bread Quotes</h1>"
        + "".join(
            f'<div class="grid-item"><a class="b-qt" href="/q"><div>{text}</div></a><a class="bq-aut" href="/a">{name}</a><div class="tags"><a>Bread</a></div></div>'
            for text, name in (
                ("Bread is patience that you can eat.", "Helen Marsh"),
                ("Salt is memory itself.", "Tom Reed"),
            )
        ),
        quotes=(("Bread is patience that you can eat.", "Helen Marsh"), ("Salt is memory itself.", "Tom Reed")),
    ),
    QuotePage(
        name="items with the source below, as in a wiki",
        html="<title>Edith Vane - Collected Quotes</title><h1>Edith Vane</h1><h2>Quotes</h2><ul><li>A garden is a slow letter.<ul><li>Letters from Home (1911)</li></ul></li>"
        "<li>Nobody owns the morning.<ul><li>Diary</li></ul></li><li>Rain is the oldest guest.<ul><li>Diary</li></ul></li></ul>",
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("Nobody owns the morning.", "Edith Vane"),
            ("Rain is the oldest guest.", "Edith Vane"),
        ),
    ),
    QuotePage(
        name="a list of lines with marks and names",
        html="<h1>Zitate über Brot</h1><ul><li>„Brot ist Geduld.“ – Helene Marsch</li><li>„Salz ist Erinnerung.“ – Thomas Ried</li><li>„Wasser ist immer jung.“ – Edda Fahn</li></ul>",
        quotes=(
            ("Brot ist Geduld.", "Helene Marsch"),
            ("Salz ist Erinnerung.", "Thomas Ried"),
            ("Wasser ist immer jung.", "Edda Fahn"),
        ),
        language="de",
    ),
    QuotePage(
        name="a list of lines with names and without marks",
        html="<title>Citations sur le pain</title><h1>Citations sur le pain</h1><p>Le pain est une patience. — Hélène Marchand</p><p>Le sel est une mémoire. — Thomas Rivet</p><p>L’eau reste toujours jeune. — Édith Vannier</p>",
        quotes=(
            ("Le pain est une patience.", "Hélène Marchand"),
            ("Le sel est une mémoire.", "Thomas Rivet"),
            ("L’eau reste toujours jeune.", "Édith Vannier"),
        ),
        language="fr",
    ),
    QuotePage(
        name="lines of text and lines of names",
        html="<h1>Frases sobre el pan</h1><p>“El pan es paciencia.”</p><p>— Elena Marcos</p><p>“La sal es memoria.”</p><p>— Tomás Rey</p><p>“El agua es siempre joven.”</p><p>— Edita Vega</p>",
        quotes=(
            ("El pan es paciencia.", "Elena Marcos"),
            ("La sal es memoria.", "Tomás Rey"),
            ("El agua es siempre joven.", "Edita Vega"),
        ),
        language="es",
    ),
    QuotePage(
        name="a page of one person's quotes",
        html="<title>Edith Vane Quotes</title><h1>Edith Vane Quotes</h1><p>“A garden is a slow letter.”</p><p>“Nobody owns the morning.”</p><p>“Rain is the oldest guest.”</p>",
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("Nobody owns the morning.", "Edith Vane"),
            ("Rain is the oldest guest.", "Edith Vane"),
        ),
    ),
    QuotePage(
        name="testimonials",
        html='<section class="testimonials"><h2>What our customers say</h2><div class="testimonial"><p>The oven arrived on time and has baked ever since.</p><div class="testimonial-author">Helen Marsh</div></div>'
        '<div class="testimonial"><p>I would buy this oven again tomorrow.</p><div class="testimonial-author">Tom Reed</div></div></section>',
        quotes=(
            ("The oven arrived on time and has baked ever since.", "Helen Marsh"),
            ("I would buy this oven again tomorrow.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="a list of definitions",
        html="<h1>Quotations on bread</h1><p>We have collected these for you.</p><dl><dt>Helen Marsh</dt><dd>Bread is patience.</dd>"
        "<dt>Tom Reed</dt><dd>Salt is memory itself.</dd><dt>Edda Fahn</dt><dd>Water is always young.</dd></dl>",
        quotes=(
            ("Bread is patience.", "Helen Marsh"),
            ("Salt is memory itself.", "Tom Reed"),
            ("Water is always young.", "Edda Fahn"),
        ),
    ),
    QuotePage(
        name="cells of a table",
        html="<h1>Quotes</h1><table><tr><th>Quote<th>Author<th>Work"
        "<tr><td>Bread is patience.<td>Helen Marsh<td>The Oven<tr><td>Salt is memory itself.<td>Tom Reed<td>Low Tide</table>",
        quotes=(("Bread is patience.", "Helen Marsh"), ("Salt is memory itself.", "Tom Reed")),
    ),
    QuotePage(
        name="names before a colon",
        html="<h1>Zitate</h1><p><b>Helene Marsch:</b> „Brot ist Geduld.“</p><p><b>Thomas Ried:</b> „Salz ist Erinnerung.“</p>",
        quotes=(("Brot ist Geduld.", "Helene Marsch"), ("Salz ist Erinnerung.", "Thomas Ried")),
        language="de",
    ),
    QuotePage(
        name="headings that are names",
        html="<h1>Quotes by author</h1><h2>Helen Marsh</h2><ul><li>Bread is patience.<li>Salt keeps.<li>An oven is a small summer.</ul>"
        "<h2>Tom Reed</h2><ul><li>The tide owes nobody.<li>Nets remember the sea.<li>A boat is a borrowed floor.</ul>",
        quotes=(
            ("Bread is patience.", "Helen Marsh"),
            ("An oven is a small summer.", "Helen Marsh"),
            ("The tide owes nobody.", "Tom Reed"),
            ("Nets remember the sea.", "Tom Reed"),
            ("A boat is a borrowed floor.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="quotes about the person of the page",
        html="<title>Edith Vane - Collected Quotes</title><h1>Edith Vane</h1><h2>Quotes about Vane</h2>"
        "<ul><li>She planted sentences and waited.<ul><li>Helen Marsh, Letters (1931)</li></ul></li></ul>",
        quotes=(("She planted sentences and waited.", "Helen Marsh"),),
    ),
    QuotePage(
        name="signatures below what guests say",
        html="<h2>What our guests say</h2><ul><li>“The soup alone was worth it.”<br><b>The Marsh family</b></li>"
        "<li>“We will be back next summer.”<br><b>Tom &amp; Edda, Leeds</b></li></ul><h2>Find us</h2><p>Follow the coast.</p>",
        quotes=(
            ("The soup alone was worth it.", "The Marsh family"),
            ("We will be back next summer.", "Tom & Edda"),
        ),
    ),
    QuotePage(
        name="names in brackets",
        html="<h1>Frases sobre el pan</h1><p>1. El pan es paciencia. (Elena Marcos)</p><p>2. La sal es memoria. (Pedro Rey)</p><p>3. El agua es joven. (Ana Vega)</p>",
        quotes=(
            ("El pan es paciencia.", "Elena Marcos"),
            ("La sal es memoria.", "Pedro Rey"),
            ("El agua es joven.", "Ana Vega"),
        ),
        language="es",
    ),
    QuotePage(
        name="several quotes in one paragraph",
        html="<h1>My favourite quotes</h1><div>“Bread is patience.” <i>-Helen Marsh</i><br><br>“Salt is memory itself.” <i>-Tom Reed</i></div>",
        quotes=(("Bread is patience.", "Helen Marsh"), ("Salt is memory itself.", "Tom Reed")),
    ),
    QuotePage(
        name="a name that shares an element with a blockquote",
        html="<p>For your week:</p><div><blockquote><p>A garden is a slow letter.</p></blockquote><p class=sign>Edith Vane</p></div><p>Have a good one!</p>",
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="testimonials whose parts are called text, name and role",
        html="<div class=testimonial-item><div class=testimonial-content>The oven bakes since May.</div><div class=testimonial-name>Helen Marsh</div>"
        "<div class=testimonial-role>Owner, Harbour Bakery</div></div>",
        quotes=(("The oven bakes since May.", "Helen Marsh"),),
    ),
    QuotePage(
        name="JSON-LD in a graph, with a type as a list",
        html='<script type="application/ld+json">{"@context": "http://schema.org", "@graph": [{"@type": ["CreativeWork", "Quotation"],'
        ' "text": "“A garden is a slow letter.”", "creator": [{"@type": "Person", "name": "Edith Vane"}]}]}</script><p>Hello.</p>',
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="JSON-LD with the person in a film who says it",
        html='<script type="application/ld+json">{"@type": "Quotation", "text": "The boat leaves without you.", "creator": "A. Writer",'
        ' "spokenByCharacter": {"name": "Captain Moss"}, "isPartOf": {"@type": "Movie", "name": "The Boat"}}</script><p>Hello.</p>',
        quotes=(("The boat leaves without you.", "Captain Moss"),),
    ),
    QuotePage(
        name="microdata of a creative work",
        html='<div class="quote" itemscope itemtype="http://schema.org/CreativeWork"><span itemprop="text">“A garden is a slow letter.”</span>'
        ' <small itemprop="author">Edith Vane</small> <div class="tags"><a class="tag">garden</a></div></div>',
        quotes=(("A garden is a slow letter.", "Edith Vane"),),
    ),
    QuotePage(
        name="links to topics behind the name",
        html='<h1>Quotes</h1><div class="quote"><a href="/1">A garden is a slow letter.</a><a class="author" href="/2">Edith Vane</a><div class="share"></div><div class="box"><a href="/t">Sea</a> <a href="/u">Letters</a></div></div><div class="quote"><a href="/1">The sea keeps no diary.</a><a class="author" href="/2">Tom Reed</a><div class="share"></div><div class="box"><a href="/t">Sea</a> <a href="/u">Letters</a></div></div>',
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="a counter behind the name",
        html='<h1>Quotes</h1><div class="quote"><p>A garden is a slow letter.</p><div class="author">Edith Vane</div><div class="tools"><a href="/l"><em>12</em></a></div></div><div class="quote"><p>The sea keeps no diary.</p><div class="author">Tom Reed</div><div class="tools"><a href="/l"><em>7</em></a></div></div>',
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="an element that is called the text, and words around it",
        html='<h1>Quotes</h1><article><p class="quote__text">A garden is a slow letter.</p><a class="quote__author" href="/a">Edith Vane</a><p>Added by <a href="/m">a reader</a> on Monday</p></article><article><p class="quote__text">The sea keeps no diary.</p><a class="quote__author" href="/a">Tom Reed</a><p>Added by <a href="/m">a reader</a> on Monday</p></article>',
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="the names of classes with a letter before",
        html='<h1>Quotes</h1><li class="entry"><div class="etext"><a href="/1">A garden is a slow letter.</a></div><div class="eauthor">Edith Vane<br><span>(1871 - 1943), gardener and writer of letters</span></div><div class="etools"><a href="#">keep</a> <a href="#">report</a></div></li><li class="entry"><div class="etext"><a href="/1">The sea keeps no diary.</a></div><div class="eauthor">Tom Reed<br><span>(1871 - 1943), gardener and writer of letters</span></div><div class="etools"><a href="#">keep</a> <a href="#">report</a></div></li>',
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="a name and a work with a slash between them",
        html='<title>Quotes about the sea</title><ul><li><div><a href="/1">“A garden is a slow letter.”</a></div><div><a href="/a">Edith Vane</a> / <em>Letters from Home</em></div></li><li><div><a href="/1">“The sea keeps no diary.”</a></div><div><a href="/a">Tom Reed</a> / <em>Letters from Home</em></div></li></ul>',
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="the name beside a picture",
        html='<h1>What our customers say</h1><div class="testimonial"><div class="testimonial-content">A garden is a slow letter.</div><div class="testimonial-meta has-image"><div class="testimonial-image"><img src="/p"></div><div class="testimonial-name">Edith Vane</div></div></div><div class="testimonial"><div class="testimonial-content">The sea keeps no diary.</div><div class="testimonial-meta has-image"><div class="testimonial-image"><img src="/p"></div><div class="testimonial-name">Tom Reed</div></div></div>',
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
        ),
    ),
    QuotePage(
        name="a page of a wiki, with what stands before its lists",
        html='<title>Ada - Wikiquote</title><h1>Ada</h1><h2>Quotes<span>[<a href="/e">edit</a>]</span></h2><h3>The Loom (1840)</h3><dl><dd><small>Full text online at a library</small></dd></dl><ul><li>A garden is a slow letter.<ul><li>Ch. 7</li></ul></li><li>The sea keeps no diary.<ul><li>Ch. 9; of the harbour</li></ul></li><li>A net is made of holes.<ul><li>Conclusion</li></ul></li></ul>',
        quotes=(
            ("A garden is a slow letter.", "Ada"),
            ("The sea keeps no diary.", "Ada"),
            ("A net is made of holes.", "Ada"),
        ),
    ),
    QuotePage(
        name="blockquotes with footers on a page of quotes",
        html="<h1>Quotes</h1><blockquote><p>A garden is a slow letter.</p><footer>— Edith Vane, <cite>Letters from Home</cite></footer></blockquote><blockquote><p>The sea keeps no diary.</p><footer>— Tom Reed, <cite>Nets</cite></footer></blockquote>",
        quotes=(("A garden is a slow letter.", "Edith Vane"), ("The sea keeps no diary.", "Tom Reed")),
    ),
    QuotePage(
        name="a page of a wiki about a topic, which is nobody's name",
        html="<title>Patience - Wikiquote</title><h1>Patience</h1><ul><li>Patience is a slow letter.<ul><li>Edith Vane, Letters from Home</li></ul></li><li>Patience keeps no diary.<ul><li>Tom Reed, Nets</li></ul></li><li>A net of patience has no holes.<ul><li>Ruth Calloway, Mills</li></ul></li></ul>",
        quotes=(
            ("Patience is a slow letter.", "Edith Vane"),
            ("Patience keeps no diary.", "Tom Reed"),
            ("A net of patience has no holes.", "Ruth Calloway"),
        ),
    ),
    QuotePage(
        name="headings of authors with their years, and works in brackets",
        html="<title>Zitate</title><h1>Zitate über das Wasser</h1><h3>Ada Byron <small>(1815–1852 n. Chr.)</small></h3><p>Sie schrieb viele Briefe über Mühlen.</p><p>„Ein Garten ist ein langsamer Brief.“ <em>(Briefe nach Hause)</em></p><p>„Das Meer führt kein Tagebuch.“</p><h3>Edgar Reed <small>(um 1800)</small></h3><p>„Ein Netz besteht aus Löchern.“ <em>(Netze)</em></p>",
        quotes=(
            ("Ein Garten ist ein langsamer Brief.", "Ada Byron"),
            ("Das Meer führt kein Tagebuch.", "Ada Byron"),
            ("Ein Netz besteht aus Löchern.", "Edgar Reed"),
        ),
        language="de",
    ),
    QuotePage(
        name="the work on an emphasised last line, below the quotes of whom the page is about",
        html="<title>Claire Morel</title><h1>Claire Morel</h1><h3>Biographie</h3><p>Elle vit au port.</p><h3>Citations</h3><blockquote><p>Un jardin est une lettre lente.<br><i>Lettres du port</i>, XXIX</p></blockquote><blockquote><p>La mer ne tient pas de journal !<br><i>Les Filets</i></p></blockquote>",
        quotes=(
            ("Un jardin est une lettre lente.", "Claire Morel"),
            ("La mer ne tient pas de journal !", "Claire Morel"),
        ),
        language="fr",
    ),
    QuotePage(
        name="stage directions before lines, and notes behind them",
        html="<title>Mara Vance/Quotes</title><h1>Mara Vance/Quotes</h1><ul><li>“A crown is a very small cage.” <small>— seeing it for the first time</small></li><li><i>(If the door is shut)</i> “You had the knife and the reason.”</li><li><i>(If it is open)</i> “I swore an oath to the king.”</li></ul><h2>Trivia</h2><ul><li>In the German version she is called “Mark Vance” by all.</li><li>Her line about onions is a nod to the studio.</li><li>The achievement unlocks after a hundred of her lines.</li></ul>",
        quotes=(
            ("A crown is a very small cage.", "Mara Vance"),
            ("You had the knife and the reason.", "Mara Vance"),
            ("I swore an oath to the king.", "Mara Vance"),
        ),
    ),
    QuotePage(
        name="lists of advice below quotes in blockquotes",
        html="<title>Quotes about patience</title><h1>Quotes about patience</h1><blockquote><p>A garden is a slow letter.</p><cite>Edith Vane</cite></blockquote><blockquote><p>The sea keeps no diary.</p><cite>Tom Reed</cite></blockquote><blockquote><p>A net is made of holes.</p><cite>Ruth Calloway</cite></blockquote><ul><li>Write one on a slip of paper.</li><li>Use one to begin your day.</li><li>Save the page for later.</li></ul>",
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
            ("A net is made of holes.", "Ruth Calloway"),
        ),
    ),
    QuotePage(
        name="who wrote a page of quotes, and when",
        html='<title>Citations de la mer</title><h1>Citations de la mer</h1><p class="meta">mardi 2 novembre 2004, <span class="author">par Odile Marchand</span></p><blockquote>La mer ne tient pas de journal.<footer>— Claire Morel</footer></blockquote>',
        quotes=(("La mer ne tient pas de journal.", "Claire Morel"),),
        language="fr",
    ),
    QuotePage(
        name="a paper, stars, and an element that is called a name beside blockquotes",
        html='<p>A film of the coast, with a mill and a ferry.</p><div><div>★★★★</div><blockquote>« Une merveille de précision »</blockquote><div>Le Journal des îles</div></div><div><h2>From shoebox to books</h2><p>Snap a receipt and it is filed here.</p><blockquote>I did my receipts on one rainy Sunday.</blockquote><div class="feature-name"><strong>Edith Vane</strong>, baker, Ely</div></div>',
        quotes=(
            ("Une merveille de précision", "Le Journal des îles"),
            ("I did my receipts on one rainy Sunday.", "Edith Vane"),
        ),
    ),
    QuotePage(
        name="roman numbers below names with their years",
        html="<title>Maximes</title><h1>Maximes et pensées</h1><h2>LA MOTTE</h2><p>(1613-1680)</p><p>I. Un jardin est une lettre lente.</p><p>II. La mer ne tient pas de journal.</p><p>III. Un filet est fait de trous.</p><h2>VAUBERT</h2><p>(1715-1747)</p><p>IV. La patience est un art.</p><p>V. La clarté orne les pensées.</p><p>VI. Le port attend sans bruit.</p>",
        quotes=(
            ("Un jardin est une lettre lente.", "LA MOTTE"),
            ("La mer ne tient pas de journal.", "LA MOTTE"),
            ("Un filet est fait de trous.", "LA MOTTE"),
            ("La patience est un art.", "VAUBERT"),
            ("La clarté orne les pensées.", "VAUBERT"),
            ("Le port attend sans bruit.", "VAUBERT"),
        ),
        language="fr",
    ),
    QuotePage(
        name="works in brackets, two lines to a heading",
        html="<title>Giacomo Rota - Wikiquote</title><h1>Giacomo Rota</h1><h2>Citazioni di Giacomo Rota</h2><ul><li>Un giardino è una lettera lenta. (da <i>Lettere dal porto</i>, v. 3)</li><li>Il mare non tiene un diario. (da <i>Reti</i>)</li></ul>",
        quotes=(("Un giardino è una lettera lenta.", "Giacomo Rota"), ("Il mare non tiene un diario.", "Giacomo Rota")),
        language="it",
    ),
    QuotePage(
        name="somebody's favourites, with a name on the last line of each",
        html="<title>Ann Lee’s Favorite Quotations</title><h1>Some quotations I like</h1><blockquote>A garden is a slow letter.<div>Edith Vane</div></blockquote><blockquote>The sea keeps no diary.<div>Tom Reed, <i>Nets</i></div></blockquote><blockquote>A net is made of holes.</blockquote>",
        quotes=(
            ("A garden is a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "Tom Reed"),
            ("A net is made of holes.", None),
        ),
    ),
    QuotePage(
        name="praise between empty lines, with a name below each",
        html="<h2>Praise</h2><div>“A quiet marvel of a book.”<br>—<b>Edith Vane</b>, author of <i>Letters</i><br><br>“Nothing here is wasted.”<br>—Tom Reed, author of <i>Nets</i><br><br>“The kind of book you press on strangers.”<br>—<i>The Harbour Times</i></div>",
        quotes=(
            ("A quiet marvel of a book.", "Edith Vane"),
            ("Nothing here is wasted.", "Tom Reed"),
            ("The kind of book you press on strangers.", "The Harbour Times"),
        ),
    ),
    QuotePage(
        name="names before quotes with a work in brackets",
        html="<title>Quotations</title><h1>Quotations</h1><table><tr><td><b>Jane Vane</b></td><td>A garden is a slow letter. <i>(Home and Harbour)</i></td></tr><tr><td><b>Tom Reed</b></td><td>The sea keeps no diary at all.</td></tr><tr><td><b>Ruth Calloway</b></td><td>A net is made of holes. <i>(Mills)</i></td></tr></table>",
        quotes=(
            ("A garden is a slow letter.", "Jane Vane"),
            ("The sea keeps no diary at all.", "Tom Reed"),
            ("A net is made of holes.", "Ruth Calloway"),
        ),
    ),
    QuotePage(
        name="names and works behind a tilde, below an introduction",
        html="<title>Gardening Quotes</title><h1>Quotations about gardening</h1><p>Flowers, nature, trees.</p><p>What is a weed but a slow letter. &nbsp;~Edith Vane, <i>Letters from Home and Harbour to a Friend Abroad</i>, 1878</p><p>The sea keeps no diary. ~T. E. Reed, “Nets”</p><p>A net is made of holes. ~Ruth Calloway, <i>Mills</i>, 1897 [Often printed without a net. —tg]</p><p>Looking for more? They have moved.</p>",
        quotes=(
            ("What is a weed but a slow letter.", "Edith Vane"),
            ("The sea keeps no diary.", "T. E. Reed"),
            ("A net is made of holes.", "Ruth Calloway"),
        ),
    ),
    QuotePage(
        name="a caption that is called a source and names who says it",
        html='<p>A play of the coast.</p><figure><blockquote><span>“</span>Eighty minutes like a held breath.<span>”</span></blockquote><figcaption class="source">— Clement Vane, The Eastern Stage</figcaption></figure>',
        quotes=(("Eighty minutes like a held breath.", "Clement Vane"),),
    ),
    QuotePage(
        name="stars before praise, and who gives it on the next line",
        html="<h2>Praise</h2><p>★★★★ “A wonder from the first entrance to the last match.”<br><strong>Harbour Nights Magazine</strong></p><p>★★★★ “A small show with a long shadow.”<br><strong>Theatre Post</strong></p><p>“It rained, and nobody went home.”<br><em>The Ely Times</em></p>",
        quotes=(
            ("A wonder from the first entrance to the last match.", "Harbour Nights Magazine"),
            ("A small show with a long shadow.", "Theatre Post"),
            ("It rained, and nobody went home.", "The Ely Times"),
        ),
    ),
    QuotePage(
        name="the place in a book below each",
        html="<h1>Sprüche</h1><h2>Trausprüche</h2><p>„Nun aber bleiben Glaube, Hoffnung und Liebe.“<br><em>1. Korinther 13,13</em></p><p>„Wo du hingehst, da will ich auch hingehen.“<br><em>Rut 1,16</em></p><p>„Viele Wasser löschen die Liebe nicht.“<br><em>Hohelied 8,7</em></p>",
        quotes=(
            ("Nun aber bleiben Glaube, Hoffnung und Liebe.", None),
            ("Wo du hingehst, da will ich auch hingehen.", None),
            ("Viele Wasser löschen die Liebe nicht.", None),
        ),
        language="de",
    ),
    QuotePage(
        name="a group that was named before",
        html="<p>“The boats are old,” said Ruben Castle, a captain. The Island Ferry Workers Union, which has 600 members, wants an inquiry. “Our members have been saying so for years,” it said.</p><p>The union added: “We shall not wait until the last boat has gone.”</p><p>And the Local Councils Federation is not happy either. “Nobody asked us in all those years,” a spokesperson said.</p>",
        quotes=(
            ("The boats are old", "Ruben Castle"),
            ("Our members have been saying so for years", "Island Ferry Workers Union"),
            ("We shall not wait until the last boat has gone.", "Island Ferry Workers Union"),
            ("Nobody asked us in all those years", "Local Councils Federation"),
        ),
    ),
    QuotePage(
        name="an office whose answer is cited",
        html="<p>„Der Bauhof ist schön“, sagte Florian Huber am Abend.</p><p>Das Landratsamt Auerstein ließ wissen, man bedauere den Beschluss. „Eine Übernahme des Bades steht nicht zur Debatte“, heißt es in der Stellungnahme der Behörde.</p>",
        quotes=(
            ("Der Bauhof ist schön", "Florian Huber"),
            ("Eine Übernahme des Bades steht nicht zur Debatte", "Landratsamt Auerstein"),
        ),
        language="de",
    ),
    QuotePage(
        name="a person of a group",
        html="<p>Anna-Lea Kobel von der Fraktion Mitte sagte: «Wir halten den Betrieb mit viel gutem Willen aufrecht.»</p>",
        quotes=(("Wir halten den Betrieb mit viel gutem Willen aufrecht.", "Anna-Lea Kobel"),),
        language="de",
    ),
    QuotePage(
        name="a pronoun behind the name that it means",
        html="<p>My professor, Ruth Abelard, had one rule, and she made us learn it: “Never pull a thread you cannot name.”</p>",
        quotes=(("Never pull a thread you cannot name.", "Ruth Abelard"),),
    ),
    QuotePage(
        name="somebody who is not named, behind the verb",
        html="<p>Petra Vogt sagte: „Der Turm steht seit hundert Jahren.“</p><p>„Haben Sie eigentlich nie Angst?“, fragte mich vor Wochen eine Konfirmandin. Wir saßen auf der Mauer.</p>",
        quotes=(("Der Turm steht seit hundert Jahren.", "Petra Vogt"), ("Haben Sie eigentlich nie Angst?", None)),
        language="de",
    ),
    QuotePage(
        name="a paragraph of a quote that begins as Spanish ones do",
        html="<p>“Aquí no se come nada. Es la única norma de la casa.</p><p>”Yo propuse prohibir también los móviles”, afirma Lola Menduiña.</p>",
        quotes=(
            (
                "Aquí no se come nada. Es la única norma de la casa. Yo propuse prohibir también los móviles",
                "Lola Menduiña",
            ),
        ),
        language="es",
    ),
    QuotePage(
        name="numerals and elisions are no names",
        html="<p>Claire Azzouz assume. La licence IV est chère.</p><p>« Il y aura des cacahuètes pour tout le monde », prévient-elle. D’après elle, c’est tout.</p><p>« Personne ne perdra le fil », ajoute-t-elle.</p>",
        quotes=(
            ("Il y aura des cacahuètes pour tout le monde", "Claire Azzouz"),
            ("Personne ne perdra le fil", "Claire Azzouz"),
        ),
        language="fr",
    ),
    QuotePage(
        name="an office in small letters tells of a person",
        html='<p>Josivaldo Braga disse: "A água levou a ponte de uma vez."</p><p>A professora Marinalva Rocha atravessa o rio de canoa. Ela comprou os coletes. "Pedi um barco, e me mandaram um formulário", disse.</p>',
        quotes=(
            ("A água levou a ponte de uma vez.", "Josivaldo Braga"),
            ("Pedi um barco, e me mandaram um formulário", "Marinalva Rocha"),
        ),
        language="pt",
    ),
    QuotePage(
        name="a verb before a quote, and another one behind it",
        html="<p>Paul Lavige salue « une belle aventure du village tout entier », mais rappelle que la banque attend.</p>",
        quotes=(("une belle aventure du village tout entier", "Paul Lavige"),),
        language="fr",
    ),
    QuotePage(
        name="a name without a class and a work beside what is called the text",
        html="<title>Citations amitié</title><h1>Citations</h1>"
        + "".join(
            f'<article><div class="quote__text"><a href="/1">“{text}”</a></div><div class="quote__from"><div class="col"><a href="/a">{name}</a> / <cite><a href="/w">{work}</a></cite></div><div class="note__users">3.7/5 <a href="#">Votre note</a></div></div><div class="tools"><a href="#">Partager</a></div></article>'
            for text, name, work in (
                ("Un ami est une douce chose !", "Jean de La Fontaine", "Les Deux Amis"),
                ("Le choix fait les amis.", "Jacques Delille", "La Pitié"),
                ("Deux amis se taisent ensemble une heure.", "Honorine Vaucelles", "Carnets"),
            )
        ),
        quotes=(
            ("Un ami est une douce chose !", "Jean de La Fontaine"),
            ("Le choix fait les amis.", "Jacques Delille"),
            ("Deux amis se taisent ensemble une heure.", "Honorine Vaucelles"),
        ),
        language="fr",
    ),
    QuotePage(
        name="a table of numbers, texts, and names with works below them",
        html="<title>Цитаты писателей</title><h1>Цитаты</h1><table class=citaty><tr><th>№</th><th>Цитата</th><th>Автор</th></tr>"
        + "".join(
            f"<tr><td>{number}.</td><td class=cit>{text}</td><td class=avt><a href=/a>{name}</a><br><small>«{work}»</small></td></tr>"
            for number, (text, name, work) in enumerate(
                (
                    ("Если хочешь быть счастливым, будь им.", "Козьма Прутков", "Плоды раздумья"),
                    ("Счастливые часов не наблюдают.", "А. С. Грибоедов", "Горе от ума"),
                    ("Служить бы рад, прислуживаться тошно.", "А. С. Грибоедов", "Горе от ума"),
                    ("Краткость — сестра таланта.", "А. П. Чехов", "Письма"),
                ),
                1,
            )
        )
        + "</table>",
        quotes=(
            ("Если хочешь быть счастливым, будь им.", "Козьма Прутков"),
            ("Счастливые часов не наблюдают.", "А. С. Грибоедов"),
            ("Служить бы рад, прислуживаться тошно.", "А. С. Грибоедов"),
            ("Краткость — сестра таланта.", "А. П. Чехов"),
        ),
        language="ru",
    ),
    QuotePage(
        name="lines of a film with their speakers",
        html="<title>Harbour of Glass - Quotes</title><h1>Quotes</h1>"
        + "".join(
            f"<div class='quote'><p><a href='/n'>{name}</a>: {text}</p></div><p>65 of 72 found this interesting.</p>"
            for name, text in (
                ("Maren Voss", "A lighthouse does not save anybody."),
                ("Captain Rudd", "I have buried eleven men at sea."),
                ("Elias Thorne", "[at the harbour] Everybody locks the door here."),
                ("Maren Voss", "Say something kind to me."),
                ("Elias Thorne", "I am trying to remember the words."),
            )
        ),
        quotes=(
            ("A lighthouse does not save anybody.", "Maren Voss"),
            ("I have buried eleven men at sea.", "Captain Rudd"),
            ("Everybody locks the door here.", "Elias Thorne"),
            ("Say something kind to me.", "Maren Voss"),
            ("I am trying to remember the words.", "Elias Thorne"),
        ),
    ),
    QuotePage(
        name="chinese lines with works, countries, or without a name",
        html="<title>读书的名言</title><h1>读书名言</h1><p>1、读书破万卷，下笔如有神。——杜甫</p><p>2、少壮不努力，老大徒伤悲。——《长歌行》</p><p>3、读书使人充实，笔记使人准确。——[英]培根</p><p>4、学而不思则罔，思而不学则殆。——孔子《论语》</p><p>5、家有藏书，不如胸有藏书。</p>",
        quotes=(
            ("读书破万卷，下笔如有神。", "杜甫"),
            ("少壮不努力，老大徒伤悲。", None),
            ("读书使人充实，笔记使人准确。", "培根"),
            ("学而不思则罔，思而不学则殆。", "孔子"),
            ("家有藏书，不如胸有藏书。", None),
        ),
        language="zh",
    ),
    QuotePage(
        name="posts whose footers hold tags",
        html="".join(
            f'<article class="post"><div class="quote-post"><p class="quote-text">“{text}”</p><p class="quote-source">— {source}</p></div><footer class="post-footer"><div class="post-tags"><a href="/t">#keats</a> <a href="/t">#poetry</a></div> <a href="/n">9 notes</a></footer></article>'
            for text, source in (
                ("Touch has a memory.", "John Keats"),
                ("I am out with lanterns.", "Emily Dickinson in a letter to Mrs. Holland, 1856"),
                ("Every house has kept one of my coats.", "Ottoline Marsh, The Weather in Rooms"),
            )
        ),
        quotes=(
            ("Touch has a memory.", "John Keats"),
            ("I am out with lanterns.", "Emily Dickinson"),
            ("Every house has kept one of my coats.", "Ottoline Marsh"),
        ),
    ),
    QuotePage(
        name="lists below that say what they tell",
        html="<title>Ignacy Krasicki – Cytaty</title><h1>Ignacy Krasicki</h1><ul><li>Prawdziwa cnota krytyk się nie boi.<ul><li>Źródło: pieśń VI</li></ul></li><li>– A cóż to jest za bajka? Wszystko to być może!<br>– Prawda, jednakże ja to między bajki włożę.<ul><li>Źródło: Wstęp</li></ul></li></ul><h2>O Ignacym Krasickim</h2><ul><li>Biskup ten nauczył nas śmiać się z siebie.<ul><li>Autor: Jan Gronowski</li></ul></li><li>Czytam go co rok na nowo.<ul><li>Autor: Anna Borowska</li></ul></li></ul>",
        quotes=(
            ("Prawdziwa cnota krytyk się nie boi.", "Ignacy Krasicki"),
            (
                "– A cóż to jest za bajka? Wszystko to być może! – Prawda, jednakże ja to między bajki włożę.",
                "Ignacy Krasicki",
            ),
            ("Biskup ten nauczył nas śmiać się z siebie.", "Jan Gronowski"),
            ("Czytam go co rok na nowo.", "Anna Borowska"),
        ),
        language="pl",
    ),
    QuotePage(
        name="a page about a person, whose heading has the years",
        html="<title>Storia del dipartimento</title><h1>Ottavia Ronchetti (1919–2004)</h1><h2>Detti della professoressa</h2><ul><li>«Il disegno non dimostra niente.»</li><li>«L’infinito è comodo, nessuno va a controllare.»</li><li>«Non dica ‘ovviamente’ a un esame.»</li></ul>",
        quotes=(
            ("Il disegno non dimostra niente.", "Ottavia Ronchetti"),
            ("L’infinito è comodo, nessuno va a controllare.", "Ottavia Ronchetti"),
            ("Non dica ‘ovviamente’ a un esame.", "Ottavia Ronchetti"),
        ),
        language="it",
    ),
    QuotePage(
        name="blockquotes that a colon leads over to, of who was quoted before",
        html="<p>Henry Thoreau says in his book:</p><blockquote>Our inventions are wont to be pretty toys.</blockquote><p>And this is the line I copied onto a card:</p><blockquote>Let your affairs be as two or three, and not a hundred.</blockquote><p>I slept well.</p><p>It rained all day.</p><blockquote>“I do not sell violins, I find homes for difficult children.”</blockquote>",
        quotes=(
            ("Our inventions are wont to be pretty toys.", "Henry Thoreau"),
            ("Let your affairs be as two or three, and not a hundred.", "Henry Thoreau"),
            ("I do not sell violins, I find homes for difficult children.", "Henry Thoreau"),
        ),
    ),
    QuotePage(
        name="references to notes",
        html="<p>The inspector, Edmund Rackstraw, noted in the margin: “I see no reason against it.”<sup>[3]</sup></p>",
        quotes=(("I see no reason against it.", "Edmund Rackstraw"),),
    ),
    QuotePage(
        name="a family name before a comma",
        html="<h1>Quotes</h1><blockquote>Be yourself, for everyone else is taken.<footer>— Wilde, Oscar</footer></blockquote>",
        quotes=(("Be yourself, for everyone else is taken.", "Oscar Wilde"),),
    ),
    QuotePage(
        name="relatives speak",
        html="<p>It was fine. My wife looked up from her book and said, “So you spent three days on that.”</p>",
        quotes=(("So you spent three days on that.", None),),
    ),
    QuotePage(
        name="customers with their offices, in cards whose container is called so, too",
        html='<div class="testimonial17_list">'
        + "".join(
            f'<div class="testimonial17_item"><div class="content"><div class="text-size">“{text}”</div><div class="testimonial17_client"><p class="semibold">{name}</p><p>{office}</p></div></div></div>'
            for text, name, office in (
                ("The feedback alone was worth the fee.", "Nadia Byron", "Head of Insight, Fernhill Housing"),
                ("I left with a story that my board could read.", "Thomas Lee", "Policy analyst"),
            )
        )
        + "</div>",
        quotes=(
            ("The feedback alone was worth the fee.", "Nadia Byron"),
            ("I left with a story that my board could read.", "Thomas Lee"),
        ),
    ),
    QuotePage(
        name="quotes of somebody who is called by one name, with works behind them",
        html="<title>30 frases de Séneca</title><h1>30 frases</h1><h2>Frases de Séneca sobre la vida</h2><p><strong>7. «No es pobre el que tiene poco.»</strong> <em>(Cartas a Lucilio, II)</em></p><p><strong>8. «Nadie puede ser feliz si teme a la muerte.»</strong></p><p><strong>9. «Es feliz el que está contento.»</strong> <em>(Sobre la vida feliz)</em></p>",
        quotes=(
            ("No es pobre el que tiene poco.", "Séneca"),
            ("Nadie puede ser feliz si teme a la muerte.", "Séneca"),
            ("Es feliz el que está contento.", "Séneca"),
        ),
        language="es",
    ),
    QuotePage(
        name="cards with a footer of buttons",
        html="<title>Zitate</title><h1>Zitate</h1>"
        + "".join(
            f'<div class="card zitat-card"><blockquote><p>„{text}“</p><footer class="blockquote-footer"><a href="/a">{name}</a></footer></blockquote><div class="card-footer"><span>301</span> <a href="/b">Als Bild</a> <a href="/t">Teilen</a></div></div>'
            for text, name in (
                ("Freundschaft ist eine Seele in zwei Körpern.", "Aristoteles"),
                ("Was du liebst, lass frei.", "Konfuzius"),
            )
        ),
        quotes=(
            ("Freundschaft ist eine Seele in zwei Körpern.", "Aristoteles"),
            ("Was du liebst, lass frei.", "Konfuzius"),
        ),
        language="de",
    ),
    QuotePage(
        name="an office behind the name in a sentence between two parts",
        html="<p>« On nous parle de sécurité, tempête Mireille Castanier, sage-femme depuis vingt ans. Mende est à une heure dix. »</p>",
        quotes=(("On nous parle de sécurité … Mende est à une heure dix.", "Mireille Castanier"),),
        language="fr",
    ),
    QuotePage(
        name="a participle goes on with what somebody said",
        html="<p>“It was cold,” said Colin Baptiste.</p><p>Judge Miriam Ackroyd came late.</p><p>But the judge said it was no excuse, adding: “Thousands of people went to bed that night with debts.”</p><p>James Olusoga said his client was a “hard-working, proud and frightened man” who could not face telling them.</p>",
        quotes=(
            ("It was cold", "Colin Baptiste"),
            ("Thousands of people went to bed that night with debts.", "Miriam Ackroyd"),
            ("hard-working, proud and frightened man", "James Olusoga"),
        ),
    ),
    QuotePage(
        name="a company whose name is its noun in other sentences",
        html="<p>»Det er sent«, siger Signe Holm.</p><p>Nordhavets Rederi ønsker ikke at stille op. Selskabet skriver i en mail, at det »til enhver tid har fulgt alle regler«.</p>",
        quotes=(("Det er sent", "Signe Holm"), ("til enhver tid har fulgt alle regler", "Nordhavets Rederi")),
        language="da",
    ),
    QuotePage(
        name="no noun behind an article speaks in German",
        html="<p>Anna Huber trägt den Braten über die Brücke, wie es das Schild verlangt. „Ich bin ja nur ein Fußgänger“, sagt sie und lacht.</p>",
        quotes=(("Ich bin ja nur ein Fußgänger", "Anna Huber"),),
        language="de",
    ),
    QuotePage(
        name="a relative clause says who spoke",
        html="<p>Sie zitiert den Bürgermeister Wilhelm Kressin, der bei der Eröffnung sagte: „Dieses Haus gehört allen hier.“</p>",
        quotes=(("Dieses Haus gehört allen hier.", "Wilhelm Kressin"),),
        language="de",
    ),
    QuotePage(
        name="a group is neither he nor she",
        html="<p>The National Association of Freight Carriers answered. “Last year was the safest on record,” the association said.</p><p>“That figure leaves out every yard,” she said.</p>",
        quotes=(
            ("Last year was the safest on record", "National Association of Freight Carriers"),
            ("That figure leaves out every yard", None),
        ),
    ),
    QuotePage(
        name="a sentence of the page's own between two quotes of one person",
        html="<p>Marjorie Haldane vowed to offer it “as often as it takes” and, asked about a shorter one, shook her head. “I sat in their kitchens,” she said. “I am not going back.”</p>",
        quotes=(
            ("as often as it takes", "Marjorie Haldane"),
            ("I sat in their kitchens … I am not going back.", "Marjorie Haldane"),
        ),
    ),
    QuotePage(
        name="cards without classes, whose texts are links",
        html="<title>Ralph Emerson Quotes</title><h1>Ralph Emerson Quotes</h1>"
        + "".join(
            f'<article><a href="/q"><p>{text}</p></a><div><a href="/a">Ralph Emerson</a><p>from <a href="/w">A work</a></p></div><div><a href="/t">#stars</a></div></article>'
            for text in (
                "Hitch your wagon to a star tonight.",
                "The only way to have a friend is to be one.",
                "To be great is to be misunderstood by all.",
            )
        ),
        quotes=(
            ("Hitch your wagon to a star tonight.", "Ralph Emerson"),
            ("The only way to have a friend is to be one.", "Ralph Emerson"),
            ("To be great is to be misunderstood by all.", "Ralph Emerson"),
        ),
    ),
    QuotePage(
        name="translations before the source in the list below",
        html='<title>Patience - Quotes</title><h1>Patience</h1><ul><li><span lang="la">Perfer et obdura; dolor hic tibi proderit olim.</span><ul><li>Be patient; some day this pain will be useful to you.</li><li><a href="/o">Ovid</a>, <i>Amores</i>, III, 11</li></ul></li><li>Patience is a remedy for every sorrow.<ul><li>Publilius Syrus, Maxim 170</li></ul></li></ul>',
        quotes=(
            ("Perfer et obdura; dolor hic tibi proderit olim.", "Ovid"),
            ("Be patient; some day this pain will be useful to you.", "Ovid"),
            ("Patience is a remedy for every sorrow.", "Publilius Syrus"),
        ),
    ),
    QuotePage(
        name="two verbs of one subject, the second behind the first quote",
        html="<p>Ruth Hosking said: “My husband goes there three times a week.”</p><p>Opposition leader Graham Stoate said the saving was “smaller than the bill for new chairs” and accused the council of having “given up on the whole coast”.</p>",
        quotes=(
            ("My husband goes there three times a week.", "Ruth Hosking"),
            ("smaller than the bill for new chairs", "Graham Stoate"),
            ("given up on the whole coast", "Graham Stoate"),
        ),
    ),
    QuotePage(
        name="a group that a relative clause lets speak",
        html="<p>“It rained all day,” said Tom Reed.</p><p>I put this to the Flour Milling Association, which replied that flour had “never been more rigorously tested”.</p>",
        quotes=(("It rained all day", "Tom Reed"), ("never been more rigorously tested", "Flour Milling Association")),
    ),
    QuotePage(
        name="a body in the genitive",
        html="<p>„Eine Beteiligung ist derzeit nicht darstellbar“, teilte ein Sprecher des Landkreises Elmtal mit.</p><p>„Der Antrag liegt uns seit Mai vor“, sagte eine Sprecherin des Verbandes Deutscher Fährleute.</p>",
        quotes=(
            ("Eine Beteiligung ist derzeit nicht darstellbar", "Landkreis Elmtal"),
            ("Der Antrag liegt uns seit Mai vor", "Verband Deutscher Fährleute"),
        ),
        language="de",
    ),
    QuotePage(
        name="originals in brackets below their translations, and works of two sentences",
        html="<title>Henri Valdor – Zitatesammlung</title><h1>Henri Valdor</h1><h2>Zitate mit Quellenangabe</h2><ul><li>„Arbeit hält drei Übel von uns fern, auch im Winter.“ - <i>Der Garten. Zweiter Teil: Italien</i>, Kapitel 30<dl><dd>(Original franz.: „Le travail éloigne de nous trois grands maux.“ - <i>Le Jardin</i>)</dd></dl></li><li>„Jede Art zu schreiben ist erlaubt, nur nicht die langweilige.“ - <i>Der Sohn</i>, Vorrede</li><li>„Das Geheimnis zu langweilen besteht darin, alles zu sagen.“ - <i>Der Sohn</i></li></ul>",
        quotes=(
            ("Arbeit hält drei Übel von uns fern, auch im Winter.", "Henri Valdor"),
            ("Le travail éloigne de nous trois grands maux.", "Henri Valdor"),
            ("Jede Art zu schreiben ist erlaubt, nur nicht die langweilige.", "Henri Valdor"),
            ("Das Geheimnis zu langweilen besteht darin, alles zu sagen.", "Henri Valdor"),
        ),
        language="de",
    ),
]

NO_QUOTES = [
    QuotePage(
        name="comments below an article",
        html='<p>The mill closes in May, its owner told the paper on Monday.</p><div class="info"><cite><a href="/u/1">Ano Nimm</a></cite><blockquote class="ugc-commenttext">Anyone care? Thumbs up for no, down for yes</blockquote></div>',
    ),
    QuotePage(
        name="songs on a page of quotes",
        html="<title>Rain quotes</title><h1>Rain Quotes</h1><h2>Songs</h2><ul><li>“Singin’ in the Rain” – Gene Kelly</li><li>“Raindrops Keep Fallin’” – B.J. Thomas</li><li>“Here Comes the Rain” – Ann Lee</li></ul>",
    ),
    QuotePage(
        name="how to read a price that is called a quote",
        html="<title>Northbrook Rail Stock Price, Quote and News</title><h1>Northbrook Rail</h1><h2>How to read this quote</h2><dl><dt>Bid</dt><dd>The highest price a buyer is willing to pay.</dd><dt>Ask</dt><dd>The lowest price a seller will accept.</dd><dt>Volume</dt><dd>How many shares changed hands today.</dd></dl>",
    ),
    QuotePage(
        name="works and who made them",
        html="<h1>Our favourite films</h1><ol><li>“The Silent Harbour” – Wes Calder</li><li>“Low Tide in March” – Greta Holm</li><li>“In the Mood for Rain” – Ann Lee</li></ol>",
    ),
    QuotePage(name="a thing that says something", html="<p>The message should say what to do: “Check the disk of the server first.”</p>"),
    QuotePage(name="the title of a book", html="<p>Tom Reed said little.</p><p>His book “the tide that would not wait” is out.</p>"),
    QuotePage(name="messages to share", html="<title>Mensagens</title><h1>Mensagens</h1><p>Amar é cuidar do jardim.</p><p>Copiar</p><p>Viver é regar as flores.</p><p>Copiar</p>", language="pt"),
    QuotePage(
        name="an example after e.g.",
        html="<p>Tom Reed, who said little, teaches verbs.</p><p>“Go” is one (e.g. “she goes to the mill at noon”).</p>",
    ),
    QuotePage(name="scare quotes", html="<p>She said it was “great” in the so-called “smart” city, where the “gig economy” rules.</p>"),
    QuotePage(name="titles", html="<p>He wrote “The House of the Seven Lamps” and “A Garden in March” within a year.</p>"),
    QuotePage(name="apostrophes and primes", html="<p>It shouldn‘t rain in the ’90s, said the 5’ 10” man of rock ’n’ roll.</p>"),
    QuotePage(name="code", html='<pre>print("this is only a line of some program, said the author")</pre>'),
    QuotePage(name="a mark that does not close", html="<p>Tom Reed said: “The first winter was mild.</p><p>The second one was not.</p>"),
    QuotePage(name="a note in a blockquote", html="<blockquote><p>Note: this works from version 3.2 on only.</p></blockquote><p>Then go on.</p>"),
    QuotePage(name="a blockquote that nobody is named for", html="<p>We bake bread.</p><blockquote>Opening hours: from seven to five every day.</blockquote>"),
    QuotePage(name="a quoted mail", html='<div class="gmail_quote">On Monday Tom Reed wrote:<blockquote class="gmail_quote">Shall we meet at the mill?</blockquote></div>'),
    QuotePage(name="a cited mail", html='<p>Tom Reed wrote:</p><blockquote type="cite">Shall we meet at the mill?</blockquote>'),
    QuotePage(name="a quoted forum post", html='<div class="bbCodeBlock--quote"><div>Tom Reed said:</div><blockquote class="bbCodeBlock-content">Shall we meet at the mill?</blockquote></div>'),
    QuotePage(name="an embedded article", html='<blockquote class="wp-embedded-content"><a href="/x">Why bread is patience, by Helen Marsh</a></blockquote>'),
    QuotePage(name="an embedded post", html='<blockquote class="twitter-tweet"><p>Bread is patience that you can eat</p>— Helen Marsh (@marsh)</blockquote>'),
    QuotePage(name="hidden text", html="<div hidden><blockquote>A garden is a slow letter.<footer>— Edith Vane</footer></blockquote></div><p>Hello.</p>"),
    QuotePage(name="a template", html="<template><blockquote>A garden is a slow letter.<footer>— Edith Vane</footer></blockquote></template><p>Hello.</p>"),
    QuotePage(name="broken JSON-LD", html='<script type="application/ld+json">{"@type": "Quotation", "text": "A garden is // a letter",}</script><p>Hello.</p>'),
    QuotePage(name="a read-more link in a blockquote", html='<blockquote><p><b>Read more: <a href="/x">How Helen Marsh learned to bake bread</a></b></p></blockquote>'),
    QuotePage(name="example sentences", html="<p>The sentence “I have been to the market” is correct, but “I have went to the market” is not.</p>"),
    QuotePage(name="german scare quotes", html="<p>Das Thema ist „in aller Munde“, auch bei den „jungen Wilden“ im Rat.</p>", language="de"),
    QuotePage(name="japanese terms", html="<p>「設定」をクリックし、「プロパティ」を開いてください。</p>", language="ja"),
    QuotePage(name="prices that are called quotes", html="<title>Compare car insurance quotes</title><h1>Compare Car Insurance Quotes</h1><ol><li>Shop around every year.</li><li>Raise what you pay yourself.</li><li>Ask for a lower price.</li></ol>"),
    QuotePage(name="how to quote", html="<title>Zitate richtig zitieren</title><h1>Zitate</h1><h2>Lange Zitate</h2><ul><li>Der Punkt steht vor dem Zeichen.</li><li>Das Komma folgt danach.</li><li>Am Ende steht der Nachweis.</li></ul>", language="de"),
    QuotePage(name="a slogan above where one is", html="<title>Zitate von A bis Z</title><p>Für jeden Anlass die richtigen Worte</p><ol><li><a href='/'>Start</a></li><li>Themen</li></ol><h1>Zitate von A bis Z</h1>", language="de"),
    QuotePage(name="a paper's title", html="<p>Ann Lee said little.</p><p>Her paper, “The slow growth of moss in five seasons,” appeared in June.</p>"),
    QuotePage(name="how to quote, below the name of the site", html="<title>schreiben:zitate</title><h1>Schreib-Wiki</h1><h1>Zitate und Anführungszeichen</h1><h2>Lange Zitate</h2><ul><li>Der Punkt steht vor dem Zeichen.</li><li>Das Komma folgt danach.</li><li>Am Ende steht der Nachweis.</li></ul>", language="de"),
    QuotePage(name="quotes of a mover", html="<title>Get your free moving quote</title><h1>Free Moving Quotes</h1><blockquote>Quote 20417 – two rooms, five hours: $840</blockquote><blockquote>Quote 20422 – four rooms with a piano: $2,960</blockquote>"),
    QuotePage(name="rules of a contest of quotes", html="<title>Konkurs na cytat</title><h1>Konkurs „Cytat i pióro”</h1><h2>Cytaty</h2><ul><li>Każdy uczestnik wybiera jeden cytat.</li><li>Pod cytatem należy podać autora.</li><li>Prace nie będą oceniane.</li></ul>", language="pl"),
]  # fmt: skip
